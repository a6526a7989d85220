"""What was run and what was found, in sentences made of the run's own numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tidelab.report.names import headline_metrics, label, metric_note
from tidelab.report.numbers import count, digits, interval, many, p_value, score, size

if TYPE_CHECKING:
    from tidelab.report.data import Study


def what_was_run(study: Study) -> str:
    """One paragraph: students, floors, conversations."""
    test = study.test
    floors = sum(s.startswith("floor:") for s in study.systems)
    sizes = sorted(p for p in study.roster["parameters"].to_list() if p)
    nano = [s for s, is_nano in study.nano.items() if is_nano]
    kind = "nano student" if len(nano) == len(study.roster) else "student"
    span = "" if not sizes else f" of {size(sizes[0])}" + (f" to {size(sizes[-1])}" if sizes[-1] != sizes[0] else "") + " parameters"
    by_source = test.group_by("source").len().sort("len", descending=True).rows()
    parts = " and ".join(f"{count(n)} {source}" for source, n in by_source)
    taught = study.corpus.filter(study.corpus["split"] == "train").height
    return (
        f"{_word(len(study.roster), kind).capitalize()}{span} and {_word(floors, 'floor')} answered {parts} test "
        f"{'conversation' if len(test) == 1 else 'conversations'} of {many(test['persona_id'].n_unique(), 'persona')}. "
        f"Fine-tuning used {many(taught, 'other conversation')}; no persona is in both."
    )


def what_was_found(study: Study) -> list[str]:
    """For each source: the gain, and the best student beside the best floor, on the first headline metric."""
    metric = headline_metrics(study.metrics)[0] if study.metrics else ""
    found = []
    for source in study.sources:
        sentences = [s for s in (_gain(study, source, metric), _floor(study, source, metric)) if s]
        if sentences:
            found.append(f"{source.capitalize()} conversations: " + " ".join(sentences))
    return found


def _gain(study: Study, source: str, metric: str) -> str:
    rows = [g for g in study.gains.to_dicts() if g["source"] == source and g["metric"] == metric and math.isfinite(g["difference"])]
    if not rows:
        return ""
    name = metric_note(metric).label
    rose = sum(r["difference"] > 0 for r in rows)
    best = max(rows, key=lambda r: r["difference"])
    decimals = digits([r["difference"] for r in rows])
    ends = interval(best["low"], best["high"], digits=decimals, sign=True)
    about = (
        f"{_percent(study)} interval {ends}" if ends else "no interval: " + str(best["reason"]).partition(";")[0].removeprefix("interval: ")
    )
    change = f"{score(best['difference'], digits=decimals, sign=True)} ({about})"
    raised = f"fine-tuning raised the mean {name} score of {rose} of {many(len(rows), 'student')}"
    return f"{raised}; the largest difference was {change}, {best['student']}.{_tests(rows)}"


def _tests(rows: list[dict[str, Any]]) -> str:
    tested = [r["p_holm"] for r in rows if math.isfinite(r["p_holm"])]
    if not tested:
        return " There were too few personas for a test."
    personas = max(r["personas"] for r in rows)
    if 2.0 ** (1 - personas) > 0.05:  # every persona on one side is the strongest that so few can show
        return f" {many(personas, 'persona')} {'is' if personas == 1 else 'are'} too few for any test to tell it from chance."
    clear = sum(p < 0.05 for p in tested)
    if clear == 0:
        return f" No difference is clear of zero after Holm’s correction (smallest p {_p(min(tested))})."
    return (
        f" After Holm’s correction {clear} of {many(len(tested), 'difference')} {'is' if clear == 1 else 'are'} clear of zero at p < .05."
    )


def _floor(study: Study, source: str, metric: str) -> str:
    rows = [m for m in study.means.to_dicts() if m["source"] == source and m["metric"] == metric and math.isfinite(m["mean"])]
    students = [r for r in rows if not r["system_id"].startswith(("floor:", "teacher@"))]
    floors = [r for r in rows if r["system_id"].startswith("floor:")]
    if not students or not floors:
        return ""
    best, floor = max(students, key=lambda r: r["mean"]), max(floors, key=lambda r: r["mean"])
    decimals = digits([r["mean"] for r in rows])
    student, condition = label(best["system_id"])
    name = label(floor["system_id"])[0]
    top, below = score(best["mean"], digits=decimals), score(floor["mean"], digits=decimals)
    values = f"{top} ({student}, {condition}); the best floor, {name}, had {below}"
    sense = ""
    if floor["mean"] >= best["mean"]:
        sense = " A floor understands nothing and scores higher than every student here."
    elif floor["high"] >= best["low"]:
        sense = " That is no clear distance: a floor understands nothing, so this score alone is no sign of understanding."
    return f"The best student had {values}.{sense}"


def _word(number: int, thing: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return many(number, thing) if number >= len(words) else f"{words[number]} {thing}{'' if number == 1 else 's'}"


def _percent(study: Study) -> str:
    return f"{100 * study.confidence:g}%"


def _p(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
