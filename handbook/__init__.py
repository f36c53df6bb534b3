"""What of the knowledge base is generated: the reference pages, from the catalogue and the package.

`python -m handbook` writes them anew; a test finds a page that is stale.  Prose is written by hand
in `docs/`; what stands in the catalogue is never typed a second time.
"""
