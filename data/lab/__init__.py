"""A real Neo4j Community server, real clients, and the captures they leave behind.

This room starts a server from Maven Central, drives it through the official driver with
an open-loop load whose parameters are known, and writes what an operator would export
next to the truth about what the pool saw. It must not know the package ``boltkb``: a
capture that borrowed the reader's code could not test it.
"""
