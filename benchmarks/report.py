"""The report of a large study: python benchmarks/report.py [--conversations 2000] [--out benchmarks/results/report.json]

Claim: with 17 systems x 2,000 conversations x 12 metrics the page is under 15 MB and loads in under 2 s. Replies and scores are made up, of
the length of real ones; what is measured is the page: its bytes, and the time from opening the file to the browser's load event.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from result import tell

from tidelab.analysis.ceiling import ceiling
from tidelab.analysis.gains import gains
from tidelab.analysis.means import means
from tidelab.report.data import Study
from tidelab.report.page import page, panels

STUDENTS = 7
METRICS = (
    *("cosine", "bertscore_p", "bertscore_r", "bertscore_f1", "rouge_l", "meteor", "length", "distinct_2"),
    *("false_reassurance", "premature_technique", "memory_as_live", "probing"),
)
THEMES = ("intrusion", "avoidance", "mood", "arousal", "relationships", "work")
WORDS = ("I hear how much", "this night", "has cost you", "and how long", "you have carried it", "without anyone", "who would sit with you")


def study(conversations: int) -> Study:
    """A made-up study: 3 floors and 7 students, each zero-shot and fine-tuned."""
    draw, numbers = random.Random(7), np.random.default_rng(7)
    students = [f"model-{i}" for i in range(STUDENTS)]
    systems = [f"floor:{f}" for f in ("constant", "echo", "nearest")] + [f"{s}@{c}" for s in students for c in ("zero-shot", "fine-tuned")]
    ids = [f"c{i:05}" for i in range(conversations)]
    corpus = pl.DataFrame(
        {
            "conversation_id": ids,
            "persona_id": [f"p{i // 20:04}" for i in range(conversations)],
            "scenario_id": [""] * conversations,
            "theme": [THEMES[i % 6] for i in range(conversations)],
            "risk": ["none"] * conversations,
            "person": [_text(draw, 30) for _ in ids],
            "chatbot": [_text(draw, 27) for _ in ids],
            "split": ["test"] * conversations,
            "licence": ["CC-BY-4.0"] * conversations,
            "source": ["imported"] * conversations,
        }
    )
    replies = pl.DataFrame(
        [
            {"conversation_id": c, "system_id": s, "text": _text(draw, 27), "stop_reason": "length" if draw.random() < 0.1 else "stop"}
            | {"reply_tokens": 100, "seconds": draw.random(), "unscored_reason": ""}
            for s in systems
            for c in ids
        ]
    )
    scores = pl.concat(
        pl.DataFrame(
            {"conversation_id": ids, "system_id": s, "metric": m, "value": numbers.random(conversations), "signature": m}
        ).with_columns(reason=pl.lit(""))
        for s in systems
        for m in METRICS
    )
    roster = pl.DataFrame(
        [
            {"student": s, "family": "made up", "parameters": 10**8 * (i + 1), "non_embedding": 10**8, "nano": False}
            for i, s in enumerate(students)
        ]
    )
    averages = means(scores, corpus, resamples=1000, confidence=0.95, seed=7).table()
    size = ceiling(averages, roster)
    empty = corpus.clear().with_columns(stage=pl.lit(""), reason=pl.lit(""), where=pl.lit(""), raw=pl.lit(""))
    return Study(
        name="large",
        seed=7,
        confidence=0.95,
        resamples=1000,
        systems=systems,
        corpus=corpus,
        scenarios=pl.DataFrame({"scenario_id": [], "theme": [], "trigger": []}),
        quarantine=empty,
        flags=pl.DataFrame(schema={"conversation_id": pl.String, "check": pl.String, "message": pl.String}),
        replies=replies,
        scores=scores,
        means=averages,
        gains=gains(scores, corpus, students, resamples=1000, confidence=0.95, seed=7).table(),
        ceiling=size.table(),
        fits=[],
        roster=roster,
    )


def _text(draw: random.Random, pieces: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(pieces))


def load(path: Path) -> float:
    """Median seconds from opening to the load event, of five."""
    from playwright.sync_api import sync_playwright

    place = shutil.which("chromium") or shutil.which("chromium-browser")
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(5):
            tab = browser.new_page()
            start = time.perf_counter()
            tab.goto(path.absolute().as_uri(), wait_until="load")
            taken.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return statistics.median(taken)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--conversations", type=int, default=2000)
    arguments.add_argument("--out", type=Path)
    asked = arguments.parse_args()
    made = study(asked.conversations)
    start = time.perf_counter()
    html = page(made, panels(made))
    written = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        path.write_text(html, "utf-8")
        seconds = load(path)
    size = len(html.encode()) / 1e6
    found = {"systems": len(made.systems), "conversations": asked.conversations, "metrics": len(METRICS), "megabytes": round(size, 2)}
    tell(
        asked.out, found | {"seconds_to_write": round(written, 1), "seconds_to_load": round(seconds, 2), "holds": size < 15 and seconds < 2}
    )


if __name__ == "__main__":
    main()
