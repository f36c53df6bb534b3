"""The schema of `facts.json`: every key, its type, its unit, and when it is null.

Words and shapes only, as pydantic models; `boltkb.publish.facts` gathers, checks and writes.  The
site's reference page and its JSON Schema are generated from here.  It must not know how a number
was found.
"""

from boltkb.publish.schema.export import ExportFacts
from boltkb.publish.schema.facts import ESTIMATES, SCHEMA, Facts, json_schema
from boltkb.publish.schema.part import Part

__all__ = ["ESTIMATES", "SCHEMA", "ExportFacts", "Facts", "Part", "json_schema"]
