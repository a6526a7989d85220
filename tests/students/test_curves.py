"""Learning curves and the audience-aware prompt: their ids, their subsets, their cells."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.students.models import save
from tests.students.test_stage import corpus, experiment
from tidelab.cli.watch import Silent
from tidelab.experiment import Experiment, Student
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.run.fingerprint import fingerprints
from tidelab.students import audience, stage
from tidelab.students.fractions import subset
from tidelab.students.messages import ask, system_prompt


def train(personas: int) -> pl.DataFrame:
    rows = [(f"c{p}-{i}", f"p{p}", "sample" if p % 3 else "rehearsal") for p in range(personas) for i in range(1 + p % 4)]
    return pl.DataFrame(rows, schema=["conversation_id", "persona_id", "source"], orient="row")


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 50))
def test_of_two_fractions_the_smaller_lies_in_the_larger_and_no_persona_is_cut(personas: int, seed: int) -> None:
    table = train(personas)
    before: set[str] = set()
    for fraction in ("1/16", "1/8", "1/4", "1/2", "1"):
        part = subset(table, fraction, seed)
        people = set(part["persona_id"])
        assert before <= people
        assert part.equals(table.filter(pl.col("persona_id").is_in(people))), "a persona has all its conversations, in their order"
        assert set(part["source"]) == set(table["source"]), "every source teaches"
        before = people
    assert before == set(table["persona_id"])


def test_a_fraction_is_its_share_of_each_sources_personas_and_the_seed_decides_whom() -> None:
    table = train(60)
    quarter = subset(table, "1/4", 7)
    assert dict(quarter.group_by("source").agg(pl.col("persona_id").n_unique()).iter_rows()) == {"sample": 10, "rehearsal": 5}
    assert set(subset(table, "1/4", 8)["persona_id"]) != set(quarter["persona_id"])
    assert subset(table.sample(fraction=1, shuffle=True, seed=1), "1/4", 7).sort("conversation_id").equals(quarter.sort("conversation_id"))


@pytest.mark.parametrize(("written", "read"), [(1, "1"), ("1/16", "1/16"), (0.25, "1/4"), ("2/8", "1/4"), ("3/4", "3/4")])
def test_a_fraction_may_be_written_in_several_ways(written: object, read: str) -> None:
    assert Student.model_validate({"model": "nano:1m", "fractions": [written]}).fractions == [read]


@pytest.mark.parametrize("written", [0, "1/0", "2", -1, "half", None])
def test_what_is_no_fraction_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match=r"fraction|share"):
        Student.model_validate({"model": "nano:1m", "fractions": [written]})


def curve(**changes: object) -> Experiment:
    student = {"model": "nano:1m", "fractions": ["1/4", 1], "seeds": 2, "conditions": ["zero-shot", "fine-tuned", "fine-tuned+audience"]}
    return Experiment.model_validate({"students": [student | changes], "seed": 7})


def test_the_points_of_a_curve_have_their_own_ids_and_are_no_plain_systems() -> None:
    plain = [s.system_id for s in curve().systems() if s.kind == "student"]
    assert plain == ["nano-1m@zero-shot", "nano-1m@fine-tuned", "nano-1m@fine-tuned+audience"]
    points = ["nano-1m@fine-tuned~f1/4", "nano-1m@fine-tuned~f1/4~s2", "nano-1m@fine-tuned~s2"]
    assert [s.system_id for s in curve().curve_systems()] == points
    assert curve().systems()[-1].taught == "nano-1m@fine-tuned", "the audience-aware prompt is put to the same weights"


def test_fractions_without_fine_tuning_are_refused() -> None:
    with pytest.raises(ValidationError, match="add fine-tuned"):
        curve(conditions=["zero-shot"])


def test_a_curve_leaves_the_fingerprints_of_the_plain_systems_as_they_are() -> None:
    alone = {"fractions": ["1"], "seeds": 1, "conditions": ["zero-shot", "fine-tuned"]}
    before, after = (fingerprints([*corpus(), *stage.cells(e)]) for e in (curve(**alone), curve()))
    assert {name for name in before if before[name] != after[name]} == {"students/systems"}
    assert set(after) - set(before) >= {"students/nano-1m@fine-tuned~f1/4~s2", "replies/nano-1m@fine-tuned~f1/4~s2"}
    assert "students/nano-1m@fine-tuned+audience" not in after


def test_a_run_teaches_every_point_with_its_share_and_says_what_each_id_means(tmp_path: Path) -> None:
    student = {
        "model": str(save(tmp_path / "tiny")),
        "fractions": ["1/4", 1],
        "seeds": 2,
        "conditions": ["fine-tuned", "fine-tuned+audience"],
    }
    lesson = {"method": "lora", "epochs": 3, "batch_size": 4, "max_length": 200, "learning_rate": 0.01}
    study = experiment(tmp_path / "tiny", students=[student], training=lesson)
    run = RunDirectory(tmp_path / "run", create=True)
    run_cells(run, [*corpus(), *stage.cells(study)], Silent(), Local())
    table = pl.read_parquet(run.cell_dir("students/systems") / "systems.parquet")
    told = {row["system_id"]: row for row in table.to_dicts()}
    assert [r["system_id"] for r in told.values() if r["curve"]] == [
        "tiny@fine-tuned",
        "tiny@fine-tuned~f1/4",
        "tiny@fine-tuned~f1/4~s2",
        "tiny@fine-tuned~s2",
    ]
    quarter = told["tiny@fine-tuned~f1/4"]
    assert (quarter["fraction"], quarter["seed"], quarter["conversations"], quarter["personas"]) == (0.25, 7, 4, 4)
    assert told["tiny@fine-tuned~f1/4~s2"]["seed"] == 8
    notes = (run.done("students/tiny@fine-tuned~f1/4~s2") or {})["notes"]
    assert (notes["rows"], notes["seed"]) == (4, 8)
    replies = pl.read_parquet(run.cell_dir("replies/tiny@fine-tuned~f1/4~s2") / "replies.parquet")
    assert set(replies["system_id"]) == {"tiny@fine-tuned~f1/4~s2"}
    plain, aware = (
        pl.read_parquet(run.cell_dir(f"replies/tiny@{c}") / "replies.parquet")["prompt_tokens"].drop_nulls().to_list()
        for c in ("fine-tuned", "fine-tuned+audience")
    )
    assert plain[0] < aware[0], "c14's persona is 70 and has a doctorate"
    assert plain[1:] == aware[1:]


@pytest.mark.parametrize(
    ("education", "is_one"),
    [
        ("bachelor's degree", True),
        ("Master of Science", True),
        ("master's degree", True),
        ("doctorate", True),
        ("PhD in physics", True),
        ("college graduate", True),
        ("high school graduate", False),
        ("some college", False),
        ("no degree", False),
        ("", False),
    ],
)
def test_who_counts_as_a_graduate(education: str, is_one: bool) -> None:
    assert audience.graduate(education) == is_one


def test_the_prompt_says_more_to_older_people_and_to_graduates_and_to_others_what_it_says_to_all() -> None:
    assert audience.prompt(59, "some college") == audience.prompt(None, "") == system_prompt()
    for age, education, words in ((60, "", "older"), (30, "doctorate", "layers")):
        told = audience.prompt(age, education)
        assert told.startswith(system_prompt() + "\n")
        assert words in told
    assert len(audience.prompt(70, "doctorate").splitlines()) == 3
    assert ask("Hi", told=audience.prompt(70, ""))[0]["content"] == audience.prompt(70, "")
