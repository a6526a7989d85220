"""Every reply as a point, to explore: a page of Altair charts with Vega's scripts inlined (extra `explore`), beside the report."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError
from tidelab.report.claims import SUPPLEMENT
from tidelab.report.names import label, marks, metric_note, shown_metrics
from tidelab.report.page import environment

if TYPE_CHECKING:
    from tidelab.report.data import Study

MOST = 20_000  # points; beyond, whole conversations are left out by their id's hash
SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const spec = JSON.parse(document.getElementById("spec").textContent);
const how = {actions: false, renderer: "canvas", ast: true, theme: dark ? "dark" : undefined};
vegaEmbed("#chart", spec, {...how, config: {background: "transparent"}}).then(() => document.body.dataset.drawn = "yes");
"""


def explore(study: Study) -> str:
    """The page. Raises TidelabError where Altair or its scripts are not installed, or nothing was scored."""
    try:
        import vl_convert
    except ImportError:
        mend = "pip install 'tidelab[explore]'"
        raise TidelabError("to explore, Altair and vl-convert are needed", where="--format explore", mend=mend) from None
    rows, left_out = points(study)
    script = vl_convert.javascript_bundle(SCRIPT)
    return (
        environment(study.nano)
        .get_template("explore.html.j2")
        .render(
            study=study,
            nano=any(study.nano.values()),
            points=len(rows),
            left_out=left_out,
            spec=json.dumps(chart(rows, metrics_of(study))).replace("<", "\\u003c"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            supplement=SUPPLEMENT,
        )
    )


def metrics_of(study: Study) -> list[str]:
    """The page's metrics first, then all others."""
    first = shown_metrics(study.metrics)
    return first + [m for m in study.metrics if m not in first]


def points(study: Study) -> tuple[list[dict[str, Any]], int]:
    """One row a reply: system, conversation, source, theme, risk, its scored metrics; and how many replies were too many."""
    import polars as pl

    scored = study.scores.with_columns(pl.col("value").fill_nan(None).round(4)).filter(pl.col("system_id").is_in(study.systems))
    wide = scored.pivot("metric", index=["conversation_id", "system_id"], values="value", aggregate_function="first")
    about = study.test.select("conversation_id", "source", "theme", "risk")
    table = wide.join(about, on="conversation_id").sort("conversation_id", "system_id")
    names = sorted(table["conversation_id"].unique(), key=lambda name: hashlib.sha256(str(name).encode()).digest())
    kept = names[: max(1, MOST // max(1, len(study.systems)))]
    rows = table.filter(pl.col("conversation_id").is_in(kept)).to_dicts()
    for row in rows:
        name, condition = label(row["system_id"])
        marked = "".join(f" [{m}]" for m in marks(row.pop("system_id"), study.nano))
        row["system"] = f"{name} {condition}{marked}"
    return rows, table.height - len(rows)


def chart(rows: list[dict[str, Any]], metrics: list[str]) -> dict[str, Any]:
    """Vega-Lite: a scatter of any metric against any other, which a brush, the legend and lists narrow; beside it means by theme."""
    import altair as alt

    if not rows or not metrics:
        raise TidelabError("no reply was scored: there is nothing to explore", where="--format explore", mend="finish the run: tide run")
    names = [metric_note(m).label for m in metrics]
    across, up = (
        alt.param(
            name=word, value=metrics[min(i, len(metrics) - 1)], bind=alt.binding_select(options=metrics, labels=names, name=f"{word} ")
        )
        for i, word in enumerate(("across", "up"))
    )
    narrowed = {
        column: alt.param(name=f"only_{column}", value="all", bind=alt.binding_select(options=["all", *every], name=f"{column} "))
        for column in ("source", "theme", "risk")
        if len(every := sorted({str(row[column]) for row in rows if row[column]})) > 1
    }
    systems = alt.selection_point(fields=["system"], bind="legend")
    brush = alt.selection_interval()
    base = alt.Chart(alt.InlineData(values=rows)).transform_calculate(x=f"datum[{across.name}]", y=f"datum[{up.name}]")
    base = base.transform_filter("isValid(datum.x) && isValid(datum.y)").transform_filter(systems)
    for column, param in narrowed.items():
        base = base.transform_filter(f"{param.name} == 'all' || datum.{column} == {param.name}")
    colour = alt.Color("system:N", title="system (click to choose)", scale=alt.Scale(scheme="tableau20"))
    said = [alt.Tooltip(f"{name}:N") for name in ("system", "conversation_id", "theme", "risk", "source")]
    scatter = (
        base.mark_circle(opacity=0.55, size=28)
        .encode(
            x=alt.X("x:Q", title="across", scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", title="up", scale=alt.Scale(zero=False)),
            color=alt.condition(brush, colour, alt.value("lightgray")),
            tooltip=[*said, alt.Tooltip("x:Q", title="across"), alt.Tooltip("y:Q", title="up")],
        )
        .add_params(across, up, *narrowed.values(), systems, brush)
        .properties(width=460, height=380)
    )
    themes = (
        base.transform_filter(brush)
        .mark_point(filled=True, size=50)
        .encode(
            x=alt.X("mean(y):Q", title="mean of up, of the points in the brush", scale=alt.Scale(zero=False)),
            y=alt.Y("theme:N", title=None),
            color=colour,
            tooltip=["system:N", "theme:N", alt.Tooltip("mean(y):Q", format=".3f"), "count()"],
        )
        .properties(width=300, height=380)
    )
    with alt.data_transformers.enable("default", max_rows=None):
        made: dict[str, Any] = alt.hconcat(scatter, themes).properties(usermeta={"tidelab": "explore"}).to_dict()
    return made
