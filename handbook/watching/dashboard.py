"""The dashboard as Grafana imports it: JSON of its schema 39, which 10.3 and later read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from handbook.watching.panels import ROWS, Panel

__all__ = ["DASHBOARD", "dashboard"]

Json = dict[str, object]

#: Where the file stands, from the root of the site's sources.
DASHBOARD = "assets/watching/bolt-dashboard.json"
_SOURCE: Mapping[str, str] = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT, _LOW = 24, 8, 5


def dashboard() -> str:
    """Return the dashboard as JSON."""
    whole: Json = {
        "uid": "boltkb-threads",
        "title": "Neo4j: Bolt threads",
        "description": "Is the Bolt thread pool too small, are its threads held, or are the "
        "clients too many? Needs the recording rules that lie beside this file.",
        "tags": ["neo4j", "bolt"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": _variables()},
        "panels": list(_panels()),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _variables() -> list[Json]:
    return [
        {
            "name": "datasource",
            "label": "Prometheus",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "hide": 0,
        },
        _labels("job", "Job", "label_values(bolt:threads:held, job)"),
        _labels("instance", "Server", 'label_values(bolt:threads:held{job=~"$job"}, instance)'),
        {
            "name": "threads",
            "label": "Threads to try",
            "type": "textbox",
            "query": "400",
            "current": {"selected": True, "text": "400", "value": "400"},
            "hide": 0,
        },
    ]


def _labels(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": dict(_SOURCE),
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
    }


def _panels() -> Iterator[Json]:
    number = top = 0
    for title, panels in ROWS:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
            "panels": [],
        }
        top += 1
        low = all(panel.kind != "timeseries" for panel in panels)
        height = _LOW + 3 if low else _HEIGHT
        # What is left over of a row goes to its last panel.
        width, rest = divmod(_WIDTH, len(panels))
        for place, panel in enumerate(panels):
            number += 1
            wide = width + (rest if place == len(panels) - 1 else 0)
            where = {"x": place * width, "y": top, "w": wide, "h": height}
            yield _panel(number, panel, where)
        top += height


def _panel(number: int, panel: Panel, where: Mapping[str, int]) -> Json:
    now = panel.kind != "timeseries"
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.words,
        "datasource": dict(_SOURCE),
        "gridPos": dict(where),
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": dict(_SOURCE),
                "expr": query.expression,
                "legendFormat": query.legend,
                "instant": now,
                "range": not now,
            }
            for place, query in enumerate(panel.queries)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "custom": {"lineWidth": 1, "fillOpacity": 0} if not now else {},
            },
            "overrides": [
                {
                    "matcher": {"id": "byFrameRefID", "options": chr(ord("A") + place)},
                    "properties": [
                        {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 6]}}
                    ],
                }
                for place, query in enumerate(panel.queries)
                if query.dashed
            ],
        },
        "options": _options(panel.kind),
    }


def _options(kind: str) -> Json:
    reduced: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    legend: Json = {
        "displayMode": "list", "placement": "bottom", "showLegend": kind == "timeseries",
        "calcs": [],
    }  # fmt: skip
    if kind == "timeseries":
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "bargauge":
        return {
            "reduceOptions": reduced,
            "orientation": "horizontal",
            "displayMode": "basic",
            "valueMode": "text",
            "namePlacement": "auto",
            "showUnfilled": True,
            "sizing": "auto",
            "minVizWidth": 8,
            "minVizHeight": 16,
            "maxVizHeight": 300,
            "legend": legend,
        }
    return {
        "reduceOptions": reduced,
        "orientation": "auto",
        "textMode": "auto",
        "colorMode": "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
