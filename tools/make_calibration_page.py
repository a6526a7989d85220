"""Writes docs/statistics/calibration.md, and the error rates in the pages of single tests, out of benchmarks/results/calibration.json.

`--check` only says whether they are up to date.
"""

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

# Page under docs/statistics -> the simulations whose figures it shows; `coverage`: of the intervals over personas.
SHOWN = {
    "bootstrap": ("coverage",),
    "gains": ("sign-flip over personas", "mixed model over 6 students", "WRONG: t-test over rows as if independent", "coverage"),
    "sign-flip": ("sign-flip over personas", "sign-flip over 12 personas, exact", "WRONG: t-test over rows as if independent"),
    "wilcoxon": ("Wilcoxon over personas", "WRONG: t-test over rows as if independent"),
    "holm": ("Holm over 3 students, any rejection",),
    "by-scenario": ("mixed model, gains by theme", "WRONG: t-test over rows as if independent"),
    "friedman": ("Friedman, participants' means", "Nemenyi, any pair", "Conover-Holm, any pair", "Wilcoxon-Holm, any pair"),
    "bradley-terry": ("Bradley-Terry, sandwich by participant",),
    "near": ("equivalence (TOST) at the margin",),
    "preferences": ("Mann-Whitney over participants", "Kruskal-Wallis over participants", "linear mixed model, people by replies"),
    "mixed-models": (
        *("linear mixed model, systems, incomplete design", "cumulative-link mixed model, systems"),
        *("ordinal GEE by participant, systems", "WRONG: the same without participants' own liking of systems"),
    ),
    "systems": (
        *("linear mixed model, systems, incomplete design", "cumulative-link mixed model, systems"),
        "WRONG: analysis of variance of ratings as if independent, everybody rates all",
    ),
}
BEGIN, END = "<!-- calibration: made by tools/make_calibration_page.py -->", "<!-- end of calibration -->"


def with_rates(text: str, name: str, found: dict[str, Any]) -> str:
    """A test's page with its block of figures, put in the place of the one that is there, else at the end."""
    lines = [BEGIN, "**How often it is wrong** (level .050, [simulated](calibration.md), with the exact 95% interval):", ""]
    for what in SHOWN[name]:
        if what == "coverage":
            rows = [c for c in found["coverage"] if c["method"] == "bca" and not c["skewed"]]
            told = ", ".join(f"{_share(c['coverage'])} at {c['personas']}" for c in rows)
            lines.append(f"- 95% intervals (BCa) hold the truth {told} personas.")
        else:
            t = found["tests"][what]
            lines.append(f"- {what}: {_share(t['rejected'])} ({_share(t['low'])} to {_share(t['high'])}), {t['verdict']}.")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2].strip()
    return "\n\n".join(part for part in (before.rstrip(), "\n".join([*lines, END]), after) if part) + "\n"


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
    found = json.loads(RESULTS.read_text("utf-8"))
    texts = {PAGE: page(found)}
    for name in SHOWN:
        path = PAGE.with_name(f"{name}.md")
        texts[path] = with_rates(path.read_text("utf-8"), name, found)
    behind = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" not in sys.argv:
        for path in behind:
            path.write_text(texts[path], "utf-8")
    elif behind:
        sys.exit(f"{', '.join(path.name for path in behind)} behind: python tools/make_calibration_page.py")


if __name__ == "__main__":
    main()
