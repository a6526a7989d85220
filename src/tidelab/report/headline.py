"""The headline table for the terminal, printed at the end of `tide run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidelab.report.names import headline_metrics, label, marks, metric_note
from tidelab.report.numbers import MINUS, digits, score

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from tidelab.run.directory import RunDirectory

_CAPTION = "Behind fine-tuned means: the gain; * where its Holm-corrected p is under .05."


def headline(run: RunDirectory) -> Table:
    """The table of a run whose analysis is done."""
    import polars as pl

    def read(cell: str, table: str) -> pl.DataFrame:
        return pl.read_parquet(run.cell_dir(cell) / f"{table}.parquet")

    return headline_table(read("analysis/means", "means"), read("analysis/gains", "gains"), read("students/roster", "students"))


def headline_table(means: pl.DataFrame, gains: pl.DataFrame, roster: pl.DataFrame) -> Table:
    """Means per source and system; behind a fine-tuned student's mean its gain over zero-shot, `*` where Holm's p is under .05."""
    from rich.markup import escape
    from rich.table import Table

    nano = dict(zip(roster["student"], roster["nano"], strict=True))
    metrics = headline_metrics(means["metric"].unique(maintain_order=True).to_list())
    gained = {(g["source"], f"{g['student']}@fine-tuned", g["metric"]): g for g in gains.to_dicts()}
    rows = means.to_dicts()
    table = Table(caption=_CAPTION, caption_style="dim", caption_justify="left", box=None, pad_edge=False)
    table.add_column("system")
    for metric in metrics:
        table.add_column(metric_note(metric).label, justify="right", no_wrap=True)
    for source in dict.fromkeys(r["source"] for r in rows):
        here = {(r["system_id"], r["metric"]): r for r in rows if r["source"] == source}
        largest = max(r["n"] for r in here.values())
        table.add_section()
        tone = "bold yellow" if source in ("rehearsal", "sample") else "bold"
        table.add_row(f"[{tone}]{escape(source)}[/], {largest} each")
        for system_id in dict.fromkeys(system_id for system_id, _ in here):
            name, condition = label(system_id)
            mark = "".join(f" [yellow]{m}[/yellow]" for m in marks(system_id, nano))
            values = [_value(here.get((system_id, m)), gained.get((source, system_id, m))) for m in metrics]
            table.add_row(f" {escape(name)} {escape(condition)}{mark}", *values)
    return table


def _value(row: dict[str, Any] | None, gain: dict[str, Any] | None) -> str:
    if row is None:
        return score(None)
    decimals = digits([row["mean"]])
    text = _short(score(row["mean"], digits=decimals))
    if gain is None or gain["n"] == 0:
        return text + " " * 7 * (decimals == 3)  # keeps the means of one column below each other
    star = "*" if gain["p_holm"] < 0.05 else " "
    return f"{text} {_short(score(gain['difference'], digits=decimals, sign=True))}{star}"


def _short(number: str) -> str:
    """`.668` for `0.668`, so that the table fits 80 columns."""
    return number.replace("0.", ".", 1) if number.lstrip("+" + MINUS).startswith("0.") else number
