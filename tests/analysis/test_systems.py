import json
import math

import numpy as np
import polars as pl
import pytest

from tests.analysis import made
from tidelab.analysis import design
from tidelab.analysis.design import Coded
from tidelab.analysis.near import near_in_ratings
from tidelab.analysis.systems import fit_linear, systems
from tidelab.mixed.lmm import lmm


def answer(table):
    found = systems(table)
    return found, found.parts["tests"].rows, found.parts["systems"].rows, found.parts["pairs"].rows


def test_planted_differences_are_found_by_every_model_and_in_the_right_direction():
    found, (test,), rated, pairs = answer(made.ratings())
    assert test.complete == test.participants == 40
    assert max(test.p_friedman, test.p_lmm, test.p_ordinal) < 1e-6
    assert (test.ordinal, test.lmm_converged, test.ordinal_converged) == ("clmm", True, True)
    worst = next(p for p in pairs if (p.first, p.second) == ("reference", "small@zero-shot"))
    assert worst.low < 0.8 < worst.high
    assert worst.p_holm < 1e-6 and worst.p_wilcoxon_holm < 1e-4 and worst.log_odds > 0.5
    best = {r.system_id: r for r in rated}
    assert best["reference"].strength_low > best["small@zero-shot"].strength_high
    assert best["reference"].low < best["reference"].adjusted < best["reference"].high
    assert "differ (mixed model F(2," in found.reading[0]
    assert test.models_agree.startswith(("yes", "in direction, yes"))


def test_adjusted_means_correct_for_who_happened_to_rate_what():
    # the strict half of people rates only `a`, the mild half both: raw means say that b is better, the model that they are alike
    draw, rows = np.random.default_rng(3), []
    for p in range(40):
        strict = p < 20
        for i in range(8):
            for system in ("a",) if strict else ("a", "b"):
                value = (2 if strict else 4) + draw.normal(0, 0.3)
                rows.append({"conversation_id": f"c{i}", "system_id": system, "participant_id": f"p{p}", "factor": "e", "value": value})
    _, (test,), rated, (pair,) = answer(pl.DataFrame(rows))
    a, b = sorted(rated, key=lambda r: r.system_id)
    assert b.mean - a.mean > 0.8
    assert abs(pair.difference) < 0.15
    assert test.complete == 20


def test_ratings_of_one_reply_by_many_people_are_no_evidence_about_the_system_alone():
    # both systems are alike; each has four replies of its own quality, rated by a hundred people
    found = []
    for seed in range(20):
        draw = np.random.default_rng(seed)
        quality = draw.normal(0, 0.7, (2, 4))
        rows = [
            {"conversation_id": f"c{i}", "system_id": "ab"[s], "participant_id": f"p{p}", "factor": "e",
             "value": 3 + quality[s, i] + draw.normal(0, 0.5)}
            for p in range(60) for s in range(2) for i in range(4)
        ]  # fmt: skip
        found.append(answer(pl.DataFrame(rows))[1][0].p_lmm)
    assert sum(p < 0.05 for p in found) <= 4


def alike(draw, people=200, items=60, systems=8, each=(5, 4)):
    """Ratings of systems that are alike: replies have a quality of their own, people a liking of their own for each system."""
    liking, quality, own = draw.normal(0, 0.5, (people, systems)), draw.normal(0, 0.6, (items, systems)), draw.normal(0, 1, people)
    rows = [(p, i, s) for p in range(people) for s in draw.choice(systems, each[1], False) for i in draw.choice(items, each[0], False)]
    p, i, s = np.array(rows).T
    latent = own[p] + liking[p, s] + quality[i, s] + draw.logistic(0, 1, len(p))
    return Coded(np.digitize(latent, (-2, -0.7, 0.7, 2)) + 1.0, tuple("abcdefgh"[:systems]), s, p, i, people, items)


def test_with_too_many_pairs_for_the_model_alike_systems_are_told_apart_no_more_often_than_they_should_be(monkeypatch):
    monkeypatch.setattr(design, "MOST_PAIRS", 0)
    every = np.column_stack([np.zeros(7), np.eye(7)])
    found, believed = [], []
    for seed in range(40):
        c = alike(np.random.default_rng(seed))
        fit, notes = fit_linear(c)
        assert "robust to participants and items, degrees of freedom of 60 clusters" in notes[-1]
        found.append(fit.test(every).p)
        if seed < 5:
            factors, _ = c.intercepts()
            plain = lmm(c.y, np.column_stack([np.ones(len(c.y)), c.dummies]), ["a", *c.systems[1:]], factors)
            believed.append(plain.test(every).p)
    assert sum(p < 0.05 for p in found) <= 3
    assert sum(p < 0.05 for p in believed) >= 3, "what the model itself would have said"


def test_robust_errors_are_named_in_every_answer_and_still_find_what_is_there(monkeypatch):
    monkeypatch.setattr(design, "MOST_PAIRS", 0)
    table = made.ratings()
    found, (test,), _, pairs = answer(table)
    assert test.errors == "participants and items"
    assert test.ordinal == "gee" and "robust to participants and items" in test.reason
    assert "mixed model with errors robust to participants and items F(2, 18)" in found.reading[0]
    assert max(test.p_lmm, test.p_ordinal) < 0.001
    assert all(p.low < p.difference < p.high for p in pairs)
    (row, _) = near_in_ratings(table, "reference", margin=0.5).parts["near"].rows
    assert row.df == 19 and "robust to participants and items" in row.reason


def test_more_systems_than_items_give_no_p_and_say_why_where_errors_are_robust(monkeypatch):
    monkeypatch.setattr(design, "MOST_PAIRS", 0)
    fit, _ = fit_linear(alike(np.random.default_rng(1), people=40, items=6, each=(3, 4)))
    test = fit.test(np.column_stack([np.zeros(7), np.eye(7)]))
    assert math.isnan(test.p) and test.reason == "6 clusters are too few to test 7 differences together"


def test_forty_percent_missing_still_gives_an_answer_with_the_counts():
    table = made.ratings().sample(fraction=0.6, seed=1)
    _, (test,), _, _ = answer(table)
    assert test.lmm_converged and test.p_lmm < 0.001
    assert test.ratings == len(table)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (made.ratings(people=1), "1 participants rated every system"),
        (made.ratings(items=1, each=1), "no intercepts of item"),
        (made.ratings().with_columns(value=pl.lit(3.0)), "every value is the same"),
        (made.ratings(systems={"only": 0.0}), "nothing to compare"),
        (made.ratings(people=2, items=1, each=1, systems={"a": 0.0, "b": 0.0}), "nothing is left to judge them by"),
    ],
    ids=["one participant", "one item", "constant", "one system", "four ratings"],
)
def test_bad_data_end_in_a_result_that_says_what_cannot_be_said(table, words):
    found, (test,), rated, _ = answer(table)
    assert words in test.reason + "".join(r.reason for r in rated)
    assert found.reading[0]
    for row in (test, *rated):
        assert row.reason or not any(isinstance(v, float) and math.isnan(v) for v in vars(row).values())
    json.loads(found.to_json())


def test_perfect_separation_is_named_and_the_linear_model_stands_in():
    table = made.ratings(sd=(0.0, 0.0, 0.05), systems={"a": -2.0, "b": 2.0})
    _, (test,), rated, _ = answer(table)
    assert test.ordinal == "none"
    assert "perfect separation" in test.reason
    assert "win or lose every choice" in rated[0].reason


def test_every_factor_is_apart_and_the_tables_have_their_columns():
    table = pl.concat([made.ratings(factor="warmth"), made.ratings(factor="clarity", seed=9)])
    found, tests, _, _ = answer(table)
    assert [t.factor for t in tests] == ["warmth", "clarity"]
    assert {name: len(t) for name, t in found.tables().items()} == {"tests": 2, "systems": 6, "pairs": 6}
