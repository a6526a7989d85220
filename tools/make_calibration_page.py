"""Writes docs/statistics/calibration.md out of benchmarks/results/calibration.json. `--check` only says whether it is up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/calibration.json"
PAGE = ROOT / "docs/statistics/calibration.md"
INTRODUCTION = """# Calibration

How often does each test find something where there is nothing, and how often does an interval hold the truth? `make calibrate`
simulates studies with clustering like ours (personas differ in their gain with standard deviation .05, rows within a persona with .10;
participants and items crossed, participants with likings of their own, ratings 1 to 5) and counts. This page is made by
`python tools/make_calibration_page.py` out of `benchmarks/results/calibration.json`."""
READING = """*Holds its level*: the upper end of the exact 95% interval is at most .06. *Conservative*: it is under .05; such a test finds
less than it could. *Not shown*: the interval holds .05, and 500 studies are too few to say more. *Too often*: the lower end is above .05.
Rows that begin with WRONG are the usual mistake, ratings or rows taken as independent, shown to say what it costs."""


def page(found: dict[str, Any]) -> str:
    """The whole page; simulations that were not made yet are named."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import calibrate

    missing = [name for name in (*calibrate.closed_form(), *calibrate.models()) if name not in found["tests"]]
    if not found["coverage"]:
        missing.append("coverage of the intervals over personas")
    tests = [
        f"| {name} | {t['studies']:,} | {_share(t['rejected'])} | {_share(t['low'])} to {_share(t['high'])} | {t['verdict']} |"
        for name, t in found["tests"].items()
    ]
    covered = [
        f"| {c['personas']} | {'skewed' if c['skewed'] else 'normal'} | {c['method']} | {c['studies']:,} | {_share(c['coverage'])} | "
        f"{_share(c['low'])} to {_share(c['high'])} |"
        for c in found["coverage"]
    ]
    parts = [
        INTRODUCTION,
        f"Made on {found['date']}, seed {found['seed']}, level {_share(found['level'])}.",
        "## Type I error",
        "\n".join(["| test | studies | rejected | 95% interval | |", "| --- | --- | --- | --- | --- |", *tests]),
        READING,
    ]
    if covered:
        head = ["| personas | differences | method | studies | holds the truth | 95% interval |", "| --- | --- | --- | --- | --- | --- |"]
        parts += ["## Coverage of 95% intervals over personas", "\n".join([*head, *covered])]
    if missing:
        parts += ["## Not simulated yet", "`make calibrate` goes on with these:", "\n".join(f"- {name}" for name in missing)]
    return "\n\n".join(parts) + "\n"


def _share(value: float) -> str:
    """`.048` for 0.048."""
    return f"{value:.3f}".removeprefix("0")


def main() -> None:
    """Write or check."""
    text = page(json.loads(RESULTS.read_text("utf-8")))
    if "--check" not in sys.argv:
        PAGE.write_text(text, "utf-8")
    elif PAGE.read_text("utf-8") != text:
        sys.exit("docs/statistics/calibration.md is behind: python tools/make_calibration_page.py")


if __name__ == "__main__":
    main()
