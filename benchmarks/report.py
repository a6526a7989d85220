"""The report of a large study: python benchmarks/report.py [--conversations 2000] [--out benchmarks/results/report.json]

Claim: with 17 systems x 2,000 conversations x 12 metrics the page is under 15 MB and loads in under 2 s. Replies and scores are made up, of
the length of real ones, and go through the analyses that a page tells most of; what is measured is the page: its bytes, and the time from
opening the file to the browser's load event.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from result import tell

from tidelab.analysis import gains, means
from tidelab.analysis.by_scenario import by_scenario
from tidelab.analysis.ceiling import ceiling
from tidelab.analysis.gains_over_students import gains_over_students
from tidelab.analysis.result import Answer
from tidelab.analysis.safe import safe
from tidelab.report.acts import marked
from tidelab.report.answers import Told
from tidelab.report.choose import choose, choose_failing
from tidelab.report.data import Study, Texts
from tidelab.report.failures import failures
from tidelab.report.page import page, panels
from tidelab.safety.axes import NAMES

STUDENTS = 7
METRICS = (
    *("cosine", "bertscore_p", "bertscore_r", "bertscore_f1", "rouge_l", "meteor", "length", "distinct_2"),
    *("false_reassurance", "premature_technique", "memory_as_live", "probing"),
)
THEMES = ("intrusion", "avoidance", "mood", "arousal", "relationships", "work")
EMOTIONS = tuple(f"emotion {i}" for i in range(14))
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
    settings = {"resamples": 1000, "confidence": 0.95, "seed": 7}
    averages, gained = means.means(scores, corpus, **settings), gains.gains(scores, corpus, students, **settings)
    size = ceiling(averages.table(), roster)
    emotions = corpus.with_columns(emotion=pl.Series([EMOTIONS[i % 14] for i in range(conversations)]))
    pairs = [(f"{s}@zero-shot", f"{s}@fine-tuned") for s in students]
    answers = [
        means.answer(averages),
        gains.answer(gained, gains_over_students(scores, corpus, students)),
        by_scenario(scores, emotions, students),
        size.answer(),
        safe(scores, emotions, [m for m in METRICS if m in NAMES], empathy=["cosine"], pairs=pairs),
    ]
    scenarios = pl.DataFrame({"scenario_id": [], "theme": [], "trigger": []})
    texts = Texts(corpus, scenarios, replies, scores)
    drawn = choose(corpus, 7)
    failing = choose_failing(failures(texts), drawn, 7)
    empty = corpus.clear().with_columns(stage=pl.lit(""), reason=pl.lit(""), where=pl.lit(""), raw=pl.lit(""))
    return Study(
        name="large",
        seed=7,
        confidence=0.95,
        resamples=1000,
        systems=systems,
        corpus=corpus,
        scenarios=scenarios,
        quarantine=empty,
        flags=pl.DataFrame(schema={"conversation_id": pl.String, "check": pl.String, "message": pl.String}),
        replies=replies,
        scores=scores,
        means=averages.table(),
        gains=gained.table(),
        ceiling=size.table(),
        fits=size.answer().tables()["fits"].to_dicts(),
        roster=roster,
        answers=[_told(answer) for answer in answers],
        chosen=[(c, True) for c in drawn] + [(c, False) for c in failing],
        marked=marked(texts, [*drawn, *failing]),
    )


def _told(answer: Answer) -> Told:
    """As it comes back from a cell's JSON, with null for NaN."""
    found = json.loads(answer.to_json())
    return Told(found["question"], found["asks"], found["reading"], {name: part["rows"] for name, part in found["parts"].items()})


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
    figures = panels(made)
    html = page(made, figures)
    written = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.html"
        path.write_text(html, "utf-8")
        seconds = load(path)
    size = len(html.encode()) / 1e6
    found = {"systems": len(made.systems), "conversations": asked.conversations, "metrics": len(METRICS), "megabytes": round(size, 2)}
    found |= {"figures": len(figures), "seconds_to_write": round(written, 1), "seconds_to_load": round(seconds, 2)}
    tell(found | {"holds": size < 15 and seconds < 2}, asked.out)


if __name__ == "__main__":
    main()
