"""Experiments that back what the pages claim; `make evidence` runs them all."""
