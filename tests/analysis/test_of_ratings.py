"""A run's simulated ratings are asked every question about people, and what they answer is marked as nobody's."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest

from tidelab.analysis import of_ratings
from tidelab.cli.watch import Silent
from tidelab.experiment import Experiment
from tidelab.run.cells import Cell, Work
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells

SYSTEMS = {"reference": 1.0, "floor:echo": -1.0, "nano-1m@fine-tuned": 0.0}


def experiment(simulated: int) -> Experiment:
    return Experiment.model_validate(
        {"students": ["nano:1m"], "analysis": {"resamples": 200}, "study": {"simulated": simulated}, "corpus": {"source": "sample"}}
    )


def simulated(work: Work) -> None:
    draw = random.Random(4)
    rows, people = [], []
    for p in range(24):
        severity = draw.gauss(0, 0.3)
        age, gender = draw.choice(["18-24", "65-74"]), draw.choice(["woman", "man"])
        people.append(
            {
                "participant_id": f"p{p:02}",
                "source": "simulated",
                "age_group": age,
                "gender": gender,
                "education": "graduate",
                "seconds": 9.0,
                "flags": [],
            }
        )
        for item in range(4):
            for order, (system, effect) in enumerate(SYSTEMS.items(), 1):
                value = min(5, max(1, round(3 + effect + severity + draw.gauss(0, 0.7))))
                rows.append([f"c{item}", system, f"p{p:02}", "overall", float(value), order, "simulated"])
    columns = ["conversation_id", "system_id", "participant_id", "factor", "value", "order", "source"]
    work.write("ratings", pl.DataFrame(rows, schema=columns, orient="row"))
    work.write("participants", pl.DataFrame(people))
    effect = {"factor": "overall", "effect": "floor:echo - reference", "planted": -2.0, "recovered": -1.9, "low": -2.2, "high": -1.6}
    work.write("recovered", pl.DataFrame([effect | {"covered": True}]))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    run = RunDirectory(tmp_path_factory.mktemp("run") / "run", create=True)
    cells = of_ratings.cells(experiment(24))
    run_cells(run, [Cell(of_ratings.SIMULATED, {}, simulated), *cells], Silent(), Local())
    return {Path(c.name).name: json.loads((run.cell_dir(c.name) / "result.json").read_text("utf-8")) for c in cells}


def test_without_simulated_participants_nothing_is_asked():
    assert of_ratings.cells(experiment(0)) == []


def test_every_answer_says_first_that_nobody_was_asked(answers):
    assert set(answers) == {"simulation", "systems", "people_agree", "preferences", "near_in_ratings"}
    for answer in answers.values():
        assert answer["asks"].endswith("(simulated)") and answer["reading"][0] == of_ratings.NOBODY


def test_planted_differences_between_systems_are_found(answers):
    [test] = answers["systems"]["parts"]["tests"]["rows"]
    assert test["p_lmm"] < 1e-6
    assert answers["simulation"]["parts"]["recovered"]["rows"][0]["planted"] == -2.0
    assert "1 of 1 planted effects" in answers["simulation"]["reading"][1]


def test_a_floor_two_points_below_is_not_equivalent_to_the_reference(answers):
    told = json.dumps(answers["near_in_ratings"]["parts"])
    assert "floor:echo" in told and "reference" in told
