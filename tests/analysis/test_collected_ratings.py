"""Ratings that people gave enter a run: who rated and what kind of reply it was stand beside each, and the report answers with them."""

from __future__ import annotations

import json
import random

import polars as pl
import pytest

from tests.report import runs
from tidelab.analysis import of_ratings, ratings_folder
from tidelab.analysis.claims import Data, verdicts
from tidelab.analysis.claims import read as claims
from tidelab.analysis.kinds import kinds
from tidelab.analysis.ratings import read
from tidelab.errors import TidelabError
from tidelab.records import Participant, Rating, frame

FACTORS = ("emotion_recognition", "overall")
BEFORE = "It sounds frightening to wake like that. Many people find that nights come back in waves. You kept going all the same."
AFTER = "You kept going all the same, and you found a way through the week. It sounds frightening to wake like that."


def people(count: int) -> list[dict]:
    draw = random.Random(5)
    ages = ("18-24", "65-74")
    return [
        Participant(
            participant_id=f"p{i:02}",
            source="real",
            age_group=ages[i % 2],
            gender=draw.choice(["woman", "man"]),
            education="graduate" if i % 4 < 2 else "school",
            flags=["attention check failed"] if i == 3 else [],
        ).model_dump()
        for i in range(count)
    ]


def write(folder, items, systems, *, count=24, source="real", choices=True):
    """A folder as `tide study export` leaves it: the reference two points above the rest."""
    draw, rows = random.Random(7), []
    for person in people(count):
        severity = draw.gauss(0, 0.3)
        for item in items:
            for order, system in enumerate(systems, 1):
                for factor in FACTORS:
                    value = 2.4 + 2 * (system == "reference") + severity + draw.gauss(0, 0.5)
                    rows.append([item, system, person["participant_id"], factor, float(min(5, max(1, round(value)))), order, source])
    folder.mkdir(parents=True)
    columns = ["conversation_id", "system_id", "participant_id", "factor", "value", "order", "source"]
    frame(Rating, pl.DataFrame(rows, schema=columns, orient="row").to_dicts()).write_parquet(folder / "ratings.parquet")
    frame(Participant, people(count)).write_parquet(folder / "participants.parquet")
    if choices:
        picked = [("p00", "c", "reference", systems[1], "reference"), ("p01", "c", "reference", systems[1], "none")] * 6
        names = ["participant_id", "conversation_id", "first", "second", "chosen"]
        pl.DataFrame(picked, schema=names, orient="row").write_parquet(folder / "choices.parquet")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ratings") / "study"
    items = [f"rehearsal-000-{c}" for c in range(4)]
    write(folder, items, ["reference", "nano-1m@zero-shot", "nano-1m@fine-tuned"])
    experiment = runs.experiment(
        students=["nano:1m"], scoring={"metrics": ["cosine", "rouge_l"]}, analysis={"resamples": 300},
        study={"ratings": str(folder), "exclude": ["attention"]},
    )  # fmt: skip
    return runs.make(tmp_path_factory.mktemp("run") / "run", experiment, personas={"rehearsal": 6})


def answer(run, question):
    return json.loads((run.cell_dir(f"analysis/{question}") / "result.json").read_text("utf-8"))


def test_each_rating_has_who_gave_it_and_what_kind_of_reply_it_is_of(run):
    table = pl.read_parquet(run.cell_dir(of_ratings.COLLECTED) / "ratings.parquet")
    assert table.height == 24 * 4 * 3 * 2
    assert {"age_group", "gender", "education", "attention", "validation_order", "layering"} <= set(table.columns)
    assert set(table.filter(participant_id="p03")["attention"]) == {"failed"}
    same = table.group_by("conversation_id", "system_id").agg(pl.col("validation_order").n_unique(), pl.col("layering").n_unique())
    assert same["validation_order"].max() == 1 and same["layering"].max() == 1


def test_the_questions_about_people_are_answered_and_nothing_is_called_simulated(run):
    for question in ("systems", "people_agree", "preferences", "near_in_ratings", "metrics_people", "choices", "sensitivity"):
        found = answer(run, question)
        assert "(simulated)" not in found["asks"] and of_ratings.NOBODY not in found["reading"], question
    [overall] = [t for t in answer(run, "systems")["parts"]["tests"]["rows"] if t["factor"] == "overall"]
    assert overall["p_lmm"] < 1e-6
    assert {r["metric"] for r in answer(run, "metrics_people")["parts"]["correlations"]["rows"]} == {"cosine", "rouge_l"}
    assert answer(run, "choices")["parts"]["strengths"]["rows"][0]["of"] == 12
    assert any(v["excluded"] == 1 for v in answer(run, "sensitivity")["parts"]["variants"]["rows"])


def test_no_claim_is_decided_by_what_people_said_of_nano_students_and_rehearsal_conversations(run):
    rows = answer(run, "claims")["parts"]["claims"]["rows"]
    assert {row["verdict"] for row in rows} == {"not testable here"}
    gender = next(row for row in rows if row["id"] == "gender-hardly-matters")
    assert "rehearsal conversations" in gender["why"] and "nano students stand for no real model" in gender["why"]


def test_claims_about_people_are_decided_by_what_people_said_of_real_students(run):
    table = pl.read_parquet(run.cell_dir(of_ratings.COLLECTED) / "ratings.parquet")
    real = table.with_columns(pl.col("system_id").str.replace("nano-1m", "small", literal=True))
    rows = verdicts(claims("paper"), Data(ratings=real)).parts["claims"].rows
    gender = next(row for row in rows if row.id == "gender-hardly-matters")
    assert gender.verdict in ("supported", "undecided", "contradicted") and gender.units == 24


def test_the_page_says_how_many_people_rated_and_not_that_nobody_did(run):
    page = (run.cell_dir("report") / "index.html").read_text("utf-8")
    assert "What the 24 people felt who rated replies of this run" in page
    assert "nobody rated a reply" not in page and "no person was asked" not in page


def test_simulated_ratings_stay_nobodys_whatever_folder_they_come_from(tmp_path):
    write(tmp_path / "study", [f"rehearsal-000-{c}" for c in range(4)], ["reference", "nano-1m@zero-shot"], source="simulated")
    experiment = runs.experiment(
        students=[{"model": "nano:1m", "conditions": ["zero-shot"]}], scoring={"metrics": ["cosine"]}, analysis={"resamples": 200},
        study={"ratings": str(tmp_path / "study")},
    )  # fmt: skip
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6})
    assert answer(run, "systems")["reading"][0] == of_ratings.NOBODY
    page = (run.cell_dir("report") / "index.html").read_text("utf-8")
    assert "nobody rated a reply" in page
    reasons = {c["id"]: c["why"] for c in answer(run, "claims")["parts"]["claims"]["rows"]}
    assert "simulated" in reasons["gender-hardly-matters"]


def test_ratings_that_change_are_answered_anew_and_the_same_ones_are_not(tmp_path):
    write(tmp_path / "a", ["c1"], ["reference", "x"])
    before = ratings_folder.digest(tmp_path / "a")
    assert before == ratings_folder.digest(tmp_path / "a")
    frame(Participant, people(23)).write_parquet(tmp_path / "a" / "participants.parquet")
    assert ratings_folder.digest(tmp_path / "a") != before


def test_the_order_of_support_is_read_from_the_text_and_an_empty_reply_has_none():
    said = [("c", "a", "I woke up shaking.", BEFORE), ("c", "b", "I woke up shaking.", AFTER), ("c", "d", "I woke up shaking.", None)]
    found = kinds(pl.DataFrame(said, schema=["conversation_id", "system_id", "person", "text"], orient="row"))
    assert found["validation_order"].to_list() == ["before", "after", None]
    assert found["layering"].to_list()[2] is None and found["layering"].to_list()[0] == "layered"


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda f: (f / "ratings.parquet").unlink(), "holds no ratings.parquet"),
        (lambda f: (f / "ratings.parquet").write_bytes(b"PAR1 torn"), "can't be read"),
        (lambda f: frame(Rating, []).write_parquet(f / "ratings.parquet"), "nobody has rated anything yet"),
    ],
)
def test_a_folder_without_ratings_is_told(tmp_path, break_it, told):
    write(tmp_path / "a", ["c1"], ["reference", "x"])
    break_it(tmp_path / "a")
    with pytest.raises(TidelabError, match=told):
        read(tmp_path / "a")


def test_a_path_that_is_not_there_is_told_before_the_run():
    with pytest.raises(TidelabError, match="can't be read") as refused:
        ratings_folder.digest(ratings_folder.Path("/nowhere/ratings.csv"))
    assert refused.value.where == "/nowhere/ratings.csv"
