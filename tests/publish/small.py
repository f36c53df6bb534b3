"""A small notebook of every kind of output a page has to carry, made in code."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

PARAMETERS = """\
export: str = ""  # path of the export
start: str = ""  # from when, ISO 8601 with zone
end: str = ""  # until when, ISO 8601 with zone
target_rejection: float = 0.001  # share of requests that may be rejected
title: str = ""  # a title for the report
redact: str = ""  # private file for pseudonyms
"""

SETUP = """\
import json, math
from pathlib import Path
import plotly.graph_objects as go
import plotly.io as pio
from boltkb.tables import FACTS_MIME, Column, Markup, Shown, Table, escape

pio.templates.default = None
told = json.loads(Path(export).read_text(encoding="utf-8"))
name = told["name"]


class Result(Shown):
    def __init__(self, html, facts):
        self.html, self.told = html, facts

    def __str__(self):
        return "a result"

    def to_html(self):
        return self.html

    def facts(self):
        return self.told


def estimate(value, unit="", reason=None):
    low = None if value is None else 0.9 * value
    high = None if value is None else 1.1 * value
    return dict(value=value, low=low, high=high, unit=unit, reason=reason)
"""

VERDICT = """\
export_facts = dict(
    name=name,
    version="5.26.28",
    edition="community",
    start="2026-11-01T13:30:00+00:00",
    end="2026-11-01T13:50:00+00:00",
    simulated=told.get("simulated", False),
    sources=[
        dict(path="metrics/neo4j.dbms.bolt.connections_running.csv", kind="metric", rows=1200)
    ],
)
Result(
    '<div class="boltkb-verdict bad"><span class="tag">Saturated</span>'
    "<p>Raise <code>server.bolt.thread_pool_max_size</code> from <b>8</b> to <b>13</b>. All 8 "
    "threads were held for 6 of 20 minutes, and <b>612</b> requests were rejected.</p>"
    "<p>Connections are not the limit: 74 were open, and 66 of them idle, then.</p></div>"
    '<div class="boltkb-cards">'
    '<div class="boltkb-card bad"><span class="label">Threads held, peak</span><strong>8<small>of 8'
    '</small></strong><span class="meter"><i style="width:100%"></i></span>'
    '<span class="note">full from 13:38 to 13:44</span></div>'
    '<div class="boltkb-card bad"><span class="label">Rejected requests</span><strong>612</strong>'
    '<span class="meter"><i style="width:38%"></i></span><span class="note">3.8 % of all, counted '
    "in the log</span></div>"
    '<div class="boltkb-card warn"><span class="label">Offered load</span><strong>5.4<small>erlangs'
    '</small></strong><span class="meter"><i style="width:67%"></i></span>'
    '<span class="note">95 % interval 5.2 to 5.7</span></div>'
    '<div class="boltkb-card ok"><span class="label">Threads for 0.1 %</span><strong>13</strong>'
    '<span class="meter"><i style="left:56%;width:12%"></i></span>'
    '<span class="note">95 % interval 12 to 14</span></div></div>'
    '<div class="boltkb-lead"><dl><dt>Cause</dt><dd>The pool is too small for its load.</dd>'
    "<dt>Do first</dt><dd>Save three thread dumps, ten seconds apart.</dd>"
    "<dt>Do not</dt><dd>Restart before the dumps are saved.</dd>"
    '<dt>Confidence</dt><dd><span class="boltkb-chip ok">high</span> counted rejections and the '
    "model agree.</dd><dt>Cannot tell</dt><dd>How often clients retried: export "
    "<code>messages_failed</code>.</dd></dl></div>",
    dict(
        export=export_facts,
        pool=dict(max_threads=8, min_threads=5, queue_size=0, discipline="loss", provenance={}),
        verdict=dict(
            state="saturated",
            headline=told.get("headline", "The pool was too small for its load"),
            cause="pool_too_small",
            confidence="high",
        ),
        estimates=dict(
            offered_load=estimate(5.4, "erlangs"),
            busy_threads_mean=estimate(5.2, "threads"),
            busy_threads_peak=estimate(8, "threads"),
            rejection_probability=estimate(0.038),
            rejections_observed=estimate(612),
            recommended_threads=estimate(13, "threads"),
            arrival_rate=estimate(13.4, "per second"),
            mean_hold=estimate(None, "s", "activations were not counted"),
        ),
        models=[
            dict(
                name="M/M/c/c",
                verdict="SOUND",
                parameters=dict(load=estimate(5.4, "erlangs")),
                checks=[],
            )
        ],
        findings=[
            dict(
                rule="pool-too-small",
                status="supported",
                severity="high",
                cause="pool_too_small",
                evidence=["612 rejections"],
                advice="raise",
            )
        ],
    ),
)
"""

FIGURE = """\
figure = go.Figure()
minutes = [f"2026-11-01T13:{30 + m:02d}:00" for m in range(20)]
held = [min(8, round(4 + 4.5 * math.sin(m / 6.5))) for m in range(20)]
figure.add_scatter(
    x=minutes,
    y=held,
    mode="lines",
    name="threads held",
    line=dict(width=1.8, shape="hv"),
    meta=dict(role="running"),
)
figure.add_scatter(
    x=minutes,
    y=[66 - h for h in held],
    mode="lines",
    name="connections idle " + name,
    line=dict(width=1.3, dash="dot"),
    meta=dict(role="idle"),
)
figure.add_bar(
    x=minutes, y=[5 * (h == 8) for h in held], name="rejected", meta=dict(role="reject")
)
figure.add_shape(
    type="line",
    xref="x domain",
    x0=0,
    x1=1,
    y0=8,
    y1=8,
    line=dict(dash="4px,4px", width=1.3),
    name="limit",
)
figure.add_shape(
    type="rect",
    yref="paper",
    y0=0,
    y1=1,
    x0="2026-11-01T13:38",
    x1="2026-11-01T13:44",
    layer="below",
    name="satur",
)
figure.add_annotation(
    xref="x domain",
    x=0.005,
    y=8,
    xanchor="left",
    yanchor="bottom",
    text="limit 8",
    name="limit",
    showarrow=False,
)
figure.update_layout(
    height=380,
    xaxis=dict(type="date"),
    yaxis=dict(title_text="threads and connections", rangemode="tozero"),
    meta=dict(
        title="Threads held and connections idle",
        caption="The pool is full in the shaded time; idle connections hold no thread.",
        alt="Lines over 20 minutes.",
    ),
)
figure
"""

BAND = """\
band = go.Figure()
threads = list(range(5, 19))
middle = [40 * 0.62 ** (c - 5) for c in threads]
band.add_scatter(
    x=threads,
    y=[1.4 * y for y in middle],
    mode="lines",
    line=dict(width=0),
    showlegend=False,
    hoverinfo="skip",
    meta=dict(role="band"),
)
band.add_scatter(
    x=threads,
    y=[0.7 * y for y in middle],
    mode="none",
    fill="tonexty",
    name="95 % interval",
    hoverinfo="skip",
    meta=dict(role="band"),
)
band.add_scatter(
    x=threads,
    y=middle,
    mode="lines",
    name="rejected, model",
    meta=dict(role="fit"),
    line=dict(width=2),
)
band.add_scatter(
    x=[8],
    y=[middle[3]],
    mode="markers",
    name="now: 8",
    marker=dict(size=11, symbol="x"),
    meta=dict(role="limit"),
)
band.add_scatter(
    x=[13],
    y=[middle[8]],
    mode="markers",
    name="for the target: 13",
    marker=dict(size=11),
    meta=dict(role="good"),
)
band.update_layout(
    height=340,
    xaxis=dict(title_text="threads in the pool"),
    yaxis=dict(title_text="rejected", type="log", ticksuffix=" %"),
    meta=dict(
        title="Rejections against threads",
        caption="Above 13 threads, more of them buy nothing.",
        alt="A falling curve with its band.",
    ),
)
band
"""

TABLE = """\
Table(
    (
        Column("Severity"),
        Column("Finding"),
        Column("Evidence"),
        Column("Threads", numeric=True),
    ),
    (
        (
            Markup('<span class="boltkb-chip bad">high</span>'),
            "Threads ran out",
            "8 of 8 held by " + name,
            8,
        ),
        (
            Markup('<span class="boltkb-chip ok">low</span>'),
            "Idle connections hold no thread",
            "66 of 74 idle",
            0,
        ),
    ),
    title="What was found",
    notes=("Counted in neo4j.log.",),
    kind="findings",
)
"""


def small_notebook(*, extra: tuple[str, ...] = (), without: str = "") -> nbformat.NotebookNode:
    """Return the notebook, not executed; `extra` cells run last, one part may be left out."""
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [
        text("# Thread pool report"),
        code(PARAMETERS, metadata={"tags": ["parameters"]}),
        code(SETUP),
        *([] if without == "verdict" else [code(VERDICT)]),
        text(
            "## What happened\n\nThreads were held until none was left. "
            "See the\n[guide](../read-your-first-report.md)."
        ),
        code(FIGURE),
        text("## How many are enough"),
        code(BAND),
        text(
            '## Findings\n\n!!! warning "More threads share the same cores"\n'
            "    Watch `vm.pause_time` after the change.\n"
        ),
        code(TABLE),
        text(
            "## Change to make\n\n"
            '=== "neo4j.conf"\n\n    ```diff\n'
            "    - server.bolt.thread_pool_max_size=8\n"
            "    + server.bolt.thread_pool_max_size=13\n    ```\n\n"
            '=== "Docker"\n\n    ```bash\n'
            "    --env NEO4J_server_bolt_thread__pool__max__size=13\n    ```\n"
        ),
        *[code(source) for source in extra],
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def write_notebook(folder: Path, **changes: object) -> Path:
    """Write the small notebook under the name of the one that ships, and return its path."""
    path = folder / "thread_pool.ipynb"
    nbformat.write(small_notebook(**changes), path)  # type: ignore[arg-type]
    return path


def write_export(folder: Path, name: str = "prod-eu-1", **more: object) -> Path:
    """Write what the small notebook takes for an export, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "export.json"
    path.write_text(json.dumps({"name": name, **more}), encoding="utf-8")
    return path
