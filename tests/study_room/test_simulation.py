"""Known effects in, the same effects out; the planned model against closed forms; power that keeps its promises."""

import numpy as np
import polars as pl
import pytest

from tests.study import run_study, table, tide
from tests.study_room.studies import THEMES, design, make_run, written
from tidelab.records import Participant, Rating, records
from tidelab.study.minds import Effects, World, mind, spread
from tidelab.study.planned import of_ratings
from tidelab.study.power import Power, power, search, sizes
from tidelab.study.recover import recover
from tidelab.study.simulate import tables


def study(items=20):
    return design(items)


def themes(made):
    return {item: THEMES[i % 3] for i, item in enumerate(made.items)}


def test_a_column_that_the_others_already_say_is_left_out_by_name():
    y = np.random.default_rng(3).normal(0, 1, 200)
    found = of_ratings(y, list(range(20)) * 10, [0, 1] * 100, ["x"] * 200, {"again": 2 * np.ones(200), "half": np.arange(200.0)})
    assert found.left_out == ("again",) and found.model.names == ("intercept", "half")


def test_the_difference_of_two_systems_on_balanced_data_is_the_difference_of_their_means():
    y = np.array([1.0, 3.0, 2.0, 5.0, 2.0, 4.0, 1.0, 5.0])
    found = of_ratings(y, [1, 1, 2, 2, 3, 3, 4, 4], list("aabbaabb"), ["x", "y"] * 4)
    assert found.test({"y": 1.0}).estimate == pytest.approx(y[1::2].mean() - y[::2].mean(), abs=1e-6)


def test_a_mind_is_the_same_for_one_seed_and_the_careless_answer_at_random():
    made, world = study(), World(Effects(careless=1.0), 5)
    assert mind(made, world, 3).about == mind(made, world, 3).about != mind(made, world, 4).about
    found = tables(made, themes(made), world, 12)
    assert found["participants"]["flags"].list.contains("attention check failed").mean() > 0.7
    assert found["ratings"].equals(tables(made, themes(made), world, 12)["ratings"])


def test_simulated_tables_are_records_that_say_what_they_are():
    made = study()
    found = tables(made, themes(made), World(Effects(dropout=0.3), 7), 30)
    assert {r.source for r in records(Rating, found["ratings"])} == {"simulated"}
    people = records(Participant, found["participants"])
    assert len(people) == 30 and 3 < sum(not p.completed for p in people) < 20
    assert found["ratings"]["value"].is_between(1, 5).all()


@pytest.mark.slow
def test_planted_effects_are_recovered_within_their_intervals_about_as_often_as_said():
    made = study()
    effects = Effects(system=spread(made.systems, 0.6), careless=0.0, dropout=0.0)
    covered = []
    for seed in range(12):
        world = World(effects, seed)
        found = tables(made, themes(made), world, 60)
        covered += [r.covered for r in recover(found["ratings"], found["participants"], world, "perceived_empathy")]
    assert len(covered) == 12 * 5 and 0.85 <= np.mean(covered) <= 1.0


def test_a_large_difference_is_found_almost_always_and_none_seldom():
    made = study(20)
    told = power(made, themes(made), participants=24, difference=0.9, effects=Effects(), alpha=0.05, aim=0.8, simulations=30, seed=1)
    assert told.power >= 0.9 and told.false_alarms <= 0.25 and 0.2 < told.detectable < 0.9
    assert told.standard_error > 0 and told.error <= 0.06


def test_the_search_finds_the_fewest_that_suffice_and_says_what_it_tried():
    asked = []

    def at(count):
        asked.append(count)
        return Power(count, 0.3, count / 100, 0.0, 0.05, 0.1, 0.3)

    found = search(0.8, list(range(10, 130, 10)), at)
    assert min(p.participants for p in found if p.power >= 0.8) == 80 and len(asked) <= 4
    assert all(p.power < 0.8 for p in search(2.0, [10, 20], at))
    assert sizes(study(20), 400)[0] >= 12 and all(n % 4 == 0 for n in sizes(study(20), 400))


def test_the_verbs_say_power_and_what_was_recovered(tmp_path):
    run = written(make_run(tmp_path / "run", 10), design()).path
    code, out = tide("study", "power", "--run", str(run), "--participants", "16", "--simulations", "10", "--difference", "1")
    assert code == 0 and "16 sessions: power" in out
    code, out = tide("study", "simulate", "--run", str(run), "--participants", "24")
    assert code == 0 and "planted" in out and "older x validation first" in out
    assert (run / "study" / "simulated.db").exists() and not (run / "study" / "study.db").exists()
    code, out = tide("study", "export", "--simulated", "--run", str(run))
    assert code == 0 and not (run / "ratings").exists(), "simulated ratings never become the study's"


@pytest.mark.slow
def test_a_run_can_hold_a_simulated_study_that_is_marked_as_such(tmp_path):
    told = run_study(tmp_path / "run", "study.simulated=12")
    assert told["exit"] in (0, 3) and "ratings/simulated" in told["ran"]
    ratings = table(tmp_path / "run", "ratings/simulated", "ratings")
    assert (
        ratings["source"].unique().to_list() == ["simulated"] and table(tmp_path / "run", "ratings/simulated", "participants").height == 12
    )
    recovered = table(tmp_path / "run", "ratings/simulated", "recovered")
    assert recovered.filter(pl.col("effect") == "older x validation first").height == 4
    asked = table(tmp_path / "run", "analysis/preferences", "preferences")
    assert asked.filter(person="age_group", reply="validation_order").height == asked["factor"].n_unique() > 0
    again = run_study(tmp_path / "run", "study.simulated=12")
    assert again["ran"] == []
