"""Strangers' folders, archives and bytes, opened with limits; knows no file format."""
