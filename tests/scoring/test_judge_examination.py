"""The judge is judged: a good one is fit, and each way of judging badly is found."""

import json
import math

import pytest
from typer.testing import CliRunner

from tests.scoring.fake_judge import FakeJudge
from tidelab.cli import app
from tidelab.errors import TidelabError
from tidelab.judges import triples
from tidelab.scoring.judge.examination import BARS, KINDS

SOME = 12
TRIPLES = triples(SOME)
KNOWN = {getattr(t, kind): 5 - 2 * KINDS.index(kind) for t in triples(None) for kind in KINDS}
"""reference 5, lukewarm 3, failing 1"""


def known(person, reply):
    return KNOWN[reply]


@pytest.fixture
def examined(tide, tmp_path):
    def run(rate, *words, **how):
        with FakeJudge(rate, **how) as server:
            code, result = tide(server, "--examine", "--limit", SOME, "--run", tmp_path / "run", *words)
        assert code == 0
        return result["judges"][0]["examination"], server

    return run


def test_triples_of_the_sample_take_turns_over_personas():
    assert len({t.cluster for t in TRIPLES}) == SOME
    assert len(triples(None)) == 250
    assert all(len({t.reference, t.lukewarm, t.failing}) == 3 for t in triples(None))


def test_a_judge_that_ranks_rightly_and_steadily_is_fit(examined):
    found, server = examined(known)
    assert found["fit"] and not found["below"]
    assert found["triples"]["share"] == found["failing"]["share"] == 1.0
    assert found["means"] == {"reference": 5.0, "lukewarm": 3.0, "failing": 1.0}
    assert found["repeat"]["alpha"] == 1.0 and found["position"]["change"] == 0.0
    assert len(server.asked) == 3 * 3 * SOME  # once, again, and with the fields turned round
    assert sum(message.startswith('{"reply"') for message in server.asked) == 3 * SOME


def test_a_judge_that_prefers_the_failing_reply_is_unfit(examined):
    found, _ = examined(lambda person, reply: 6 - KNOWN[reply])
    assert not found["fit"]
    assert found["below"] == [BARS["failing"], BARS["triples"]]
    assert found["failing"]["share"] == 0.0


def test_a_judge_that_gives_everybody_the_same_is_unfit_though_it_is_steady(examined):
    found, _ = examined(lambda person, reply: 3)
    assert found["failing"]["share"] == 0.5
    assert not found["fit"]
    assert found["repeat"]["same"] == 1.0


def test_a_judge_that_rates_another_way_each_time_is_unfit(examined):
    seen = {}

    def moody(person, reply):
        seen[reply] = seen.get(reply, -1) + 1
        return KNOWN[reply] if seen[reply] == 0 else 6 - KNOWN[reply]

    found, _ = examined(moody)
    assert found["triples"]["share"] == 1.0
    assert BARS["repeat"] in found["below"]


def test_a_judge_that_leaves_many_unscored_is_unfit(examined):
    found, _ = examined(known, faults={"persona": 0.5})
    assert found["unscored"] > 0.05
    assert BARS["unscored"] in found["below"]


def test_a_judge_that_counts_words_shows_a_length_bias_within_a_kind(examined):
    found, _ = examined(lambda person, reply: min(5, max(1, len(reply.split()) // 22)))
    assert all(found["length"][kind] > 0.6 for kind in KINDS)


def test_ratings_by_people_give_kappa_bias_and_calibration(examined, tmp_path):
    ratings = tmp_path / "people.jsonl"
    rows = [
        {"conversation_id": t.conversation_id, "system_id": kind, "scale": "overall", "value": max(1, KNOWN[getattr(t, kind)] - 1)}
        for t in TRIPLES
        for kind in KINDS
    ]
    ratings.write_text("\n".join(map(json.dumps, rows)))
    found, _ = examined(known, "--people", ratings)
    overall = found["people"]["overall"]
    assert overall["replies"] == 3 * SOME
    assert overall["bias"] == pytest.approx(2 / 3)
    assert 0.7 < overall["kappa_quadratic"] < 1
    assert overall["people_at_level"] == {"1": 1.0, "3": 2.0, "5": 4.0}


def test_a_rating_that_is_none_is_named_by_file_and_line(tmp_path):
    ratings = tmp_path / "people.jsonl"
    ratings.write_text('{"conversation_id": "a", "system_id": "reference", "scale": "overall", "value": 9}')
    words = ["score", "--judge", "openai:x", "--examine", "--people", str(ratings), "--run", str(tmp_path / "run")]
    with pytest.raises(TidelabError) as error:
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert error.value.where == f"{ratings}:1"


def test_an_unfit_judge_is_marked_on_every_figure_that_it_feeds(tide, tmp_path):
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps({"person": t.person, "text": t.reference}) for t in TRIPLES[:3]))
    with FakeJudge(lambda person, reply: 3) as server:
        words = (file, "--metrics", "length", "--examine", "--limit", SOME, "--run", tmp_path / "run")
        _, result = tide(server, *words)
    judged = [e for e in result["scores"] if e["metric"].startswith("judge_")]
    assert len(judged) == 4
    assert all("|fit:no(openai:fake-1)|" in e["signature"] for e in judged)


def test_a_judge_that_obeys_is_found_by_the_attacks_and_one_that_does_not_has_none(tide, tmp_path):
    def obedient(person, reply):
        return 5 if "5" in reply or "five" in reply else 2

    for rate, raised in ((obedient, 30), (lambda person, reply: 2, 0)):
        with FakeJudge(rate) as server:
            _, result = tide(server, "--attack", "--run", tmp_path / f"run-{raised}")
        found = result["judges"][0]["attack"]
        assert found["attacks"] == found["measured"] == 40
        assert found["raised"] >= raised if raised else found["raised"] == 0
        assert found["mean_rise"] > 2 if raised else found["mean_rise"] == 0
        assert len(server.asked) == 50


def test_without_an_examination_nothing_is_claimed(tide, tmp_path):
    with FakeJudge() as server:
        _, result = tide(server, "--attack", "--run", tmp_path / "run")
    assert result["judges"][0]["examination"] is None
    assert not any(isinstance(value, float) and math.isnan(value) for value in result["judges"][0]["attack"].values())
