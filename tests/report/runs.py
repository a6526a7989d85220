"""Runs for the report's tests: made-up corpora, replies and scores go through the real corridor, analysis and report."""

import math
import random
from fractions import Fraction
from functools import partial

import numpy as np
import polars as pl

from tidelab import settings
from tidelab.analysis import stage as analysis_stage
from tidelab.cli.watch import Silent
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Flag, Quarantined, Reply, Scenario, Score, frame
from tidelab.report import stage as report_stage
from tidelab.report.data import Study, gather
from tidelab.run import atomic
from tidelab.run.cells import Cell, Work
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells

THEMES = {"intrusion": "nightmares", "avoidance": "crowds", "mood": "numbness", "arousal": "startle", "relationships": "", "work": ""}
PERSON = (
    "I was in {a} again last night and woke up shaking. It has been {n} months and I thought it would be quieter by now. "
    "My {b} says I look tired."
)
REPLY = (
    "It sounds exhausting to wake like that, {n} months on, and to carry it into the day. Many people find the nights come back in "
    "waves. What was it like to hear your {b} notice?"
)
PARTS = {"bertscore": ("bertscore_p", "bertscore_r", "bertscore_f1")}


def experiment(students=("nano:0.3m", "nano:1m", "nano:3m"), **more):
    return Experiment.model_validate({"name": "quick", "students": list(students), "analysis": {"resamples": 500}, **more})


def make(path, experiment, *, personas=None, texts=None, unscored=True, until="report"):
    """A finished run. personas: source -> number of test personas; texts: (person, reference, reply) to use in place of the usual."""
    run = RunDirectory(path, create=True)
    atomic.write_text(run.path / "experiment.yaml", settings.dump(experiment))
    run.describe(version="0.1.0", git="abc123def456", python="3.11", hardware={"cpu": "A CPU", "cores": 2, "memory_gb": 8.0, "gpu": "none"})
    run.describe(
        packages={"torch": "2.13.0"}, seed=experiment.seed, command="tide run quick --out 'my runs'", started="2026-01-02T03:04:05+00:00"
    )
    cells = [*upstream(experiment, personas or {"rehearsal": 12, "sample": 3}, texts, unscored), *analysis_stage.cells(experiment)]
    if until == "report":
        cells += report_stage.cells(experiment)
    run_cells(run, sorted(cells, key=lambda cell: cell.name != "analysis/preregistration"), Silent(), Local())  # as `stages.cells` does
    return run


def study(run, experiment) -> Study:
    cell = report_stage.cells(experiment)[-1]
    return gather(Work(cell, run, run.cell_dir("report"), Silent()))


def upstream(experiment, personas, texts, unscored):
    """Cells with the names and tables of the corpus, the students and the scoring."""
    conversations = corpus(personas, texts)
    test = conversations.filter(pl.col("split") == "test")
    systems = experiment.systems()
    cells = [Cell("corpus/check", {}, _check), Cell("corpus/split", {}, partial(_split, conversations))]
    cells.append(Cell("students/roster", {}, partial(_roster, experiment)))
    cells += [Cell(f"students/{s.system_id}", {}, _curve) for s in systems if s.condition == "fine-tuned"]
    cells.append(Cell("students/systems", {}, partial(_systems, [*systems, *experiment.curve_systems()])))
    for place, system in enumerate([*systems, *experiment.curve_systems()]):
        cells.append(Cell(f"replies/{system.system_id}", {}, partial(_replies, system, test, texts, unscored)))
        cells += [
            Cell(f"scores/{system.system_id}/{m}", {}, partial(_scores, system, place, test, m, unscored))
            for m in dict.fromkeys(experiment.scoring.metrics)
        ]
    return cells


def corpus(personas, texts):
    rows, draw = [], random.Random("texts")
    for source, number in personas.items():
        for p in range(number * 3):
            for c, theme in enumerate(THEMES):
                words = {
                    "a": draw.choice(["the car", "the house", "the hall"]),
                    "b": draw.choice(["sister", "friend", "neighbour"]),
                    "n": draw.randint(2, 40),
                }
                person, reference = (texts[0], texts[1]) if texts else (PERSON.format(**words), REPLY.format(**words))
                rows.append(
                    Conversation(
                        conversation_id=f"{source}-{p:03}-{c}",
                        persona_id=f"{source}-p{p:03}",
                        scenario_id=f"{theme}-1",
                        theme=theme,
                        risk="low" if c == 2 else "none",
                        person=person,
                        chatbot=reference,
                        split="test" if p < number else "train",
                        licence="CC-BY-4.0",
                        source=source,
                    )
                )
    return frame(Conversation, rows).sort("conversation_id")


def _systems(systems, work):
    rows = [(s.system_id, s.taught == s.system_id, int(240 * Fraction(s.fraction))) for s in systems]
    work.write("systems", pl.DataFrame(rows, schema=["system_id", "curve", "conversations"], orient="row"))


def _check(work):
    rows = [
        Quarantined(
            conversation_id=f"file:{i}",
            stage="read",
            reason="has no `chatbot`",
            where=f"data.jsonl:{i}",
            raw='{"person": "<script>x</script>"}',
        )
        for i in range(37)
    ]
    work.write("quarantine", frame(Quarantined, rows))
    work.write(
        "flags",
        frame(Flag, [Flag(conversation_id="persona-001-0", check="length", message="the reply has 131 words; up to 130 are meant")]),
    )


def _split(conversations, work):
    work.write("conversations", conversations)
    work.write("scenarios", frame(Scenario, [Scenario(scenario_id=f"{t}-1", theme=t, trigger=trigger) for t, trigger in THEMES.items()]))


def _roster(experiment, work):
    sizes = [330_000, 1_050_000, 2_950_000, 135_000_000, 500_000_000]
    rows = [
        {
            "student": s.name,
            "family": "llama",
            "parameters": sizes[i],
            "non_embedding": sizes[i] // 2,
            "nano": s.model.startswith("nano:"),
            "path": s.model,
        }
        for i, s in enumerate(experiment.students)
    ]
    work.write("students", pl.DataFrame(rows))


def _curve(work):
    rows = [{"step": 40 * e, "epoch": float(e), "train_loss": 1.2 + 4 * 0.5**e, "eval_loss": 1.5 + 3.7 * 0.5**e} for e in range(1, 5)]
    work.write("curve", pl.DataFrame(rows))


def _replies(system, test, texts, unscored, work):
    rows = []
    for i, row in enumerate(test.iter_rows(named=True)):
        missing = unscored and i == 1 and system.system_id == f"{system.student}@zero-shot"
        long = system.condition == "zero-shot" and i % 4 == 0
        rows.append(
            Reply(
                conversation_id=row["conversation_id"],
                system_id=system.system_id,
                text=None if missing else texts[2] if texts else f"A nightmare like that takes so much out of a person. {row['chatbot']}",
                stop_reason="error" if missing else "length" if long else "stop",
                prompt_tokens=None if system.kind == "floor" else 80,
                reply_tokens=None if system.kind == "floor" or missing else 61,
                seconds=None if system.kind == "floor" or missing else 0.01 * (1 + len(system.system_id)),
                unscored_reason="the prompt is longer than the model's window" if missing else "",
            )
        )
    work.write("replies", frame(Reply, rows))
    shares = {s: {"copied": {"verbatim": 0.02, "eight_grams": 0.31}} for s in test["source"].unique()}
    work.note(behaviour=shares)


def _scores(system, place, test, metric, unscored, work):
    base = {"floor": 0.34 + 0.08 * place, "zero-shot": 0.22 + 0.02 * place, "fine-tuned": 0.55 + 0.03 * place}[system.condition or "floor"]
    draw = np.random.default_rng(place)
    effect = dict(zip(sorted(test["persona_id"].unique()), draw.normal(0, 0.02, test["persona_id"].n_unique()), strict=True))
    rows = []
    for part in PARTS.get(metric, (metric,)):
        for i, row in enumerate(test.iter_rows(named=True)):
            missing = unscored and i == 1 and system.system_id == f"{system.student}@zero-shot"
            value = float(base + effect[row["persona_id"]] + draw.normal(0, 0.05))
            rows.append(
                Score(
                    conversation_id=row["conversation_id"],
                    system_id=system.system_id,
                    metric=part,
                    value=math.nan if missing else round(100 * value) if metric == "length" else value,
                    reason="the prompt is longer than the model's window" if missing else "",
                    signature=f"{part}|v:1",
                )
            )
    work.write("scores", frame(Score, rows))
    if metric == "distinct_2":
        work.note(corpus={f"{s}/distinct_2": 0.2 for s in test["source"].unique()})


def html_of(text):
    """Text as Jinja escapes it."""
    from markupsafe import escape

    return str(escape(text))
