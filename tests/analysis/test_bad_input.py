"""Bad ratings, from the file to every question that they can be asked: each ends in words, never in NaN without one or a traceback."""

import dataclasses
import json
import math

import numpy as np
import pytest

from tests.analysis import made
from tidelab.analysis.ask import Asked, ask
from tidelab.analysis.ratings import check
from tidelab.errors import TidelabError

HOW = Asked(reference="reference", resamples=200, rules=("straight-lining",))
WORDS = ("reason", "verdict", "linear_reason", "ordinal_reason", "note", "agreement", "suppressed", "equivalent")


def rows(**more):
    return made.ratings(people=24, items=8, each=4, **more).drop("order").to_dicts()


def separated():
    """Everyone gives the reference 5 and all others 1."""
    return [r | {"value": 5 if r["system_id"] == "reference" else 1} for r in rows()]


def with_missing():
    draw = np.random.default_rng(3)
    return [r | {"value": None} if draw.random() < 0.4 else r for r in rows()]


BAD = {
    "one participant": [r for r in rows() if r["participant_id"] == "p000"],
    "one item": [r for r in rows() if r["conversation_id"] == "c01"],
    "a constant rating": [r | {"value": 3} for r in rows()],
    "all tied within each person": [r | {"value": 2 + int(r["participant_id"][1:]) % 3} for r in rows()],
    "perfect separation": separated(),
    "a system with one rating": [*rows(), rows()[0] | {"system_id": "new"}],
    "40% missing": with_missing(),
    "a group of one person": [r | {"gender": "other" if r["participant_id"] == "p003" else r["gender"]} for r in rows()],
    "crossed factors with empty cells": [r for r in rows() if not (r["age_group"] == "65+" and r["validation_order"] == "before")],
    "numbers as text": [r | {"value": f" {r['value']:.0f} "} for r in rows()],
    "one rating": rows()[:1],
    "a model of noise, with as many people as ratings": [r | {"participant_id": f"q{i}"} for i, r in enumerate(rows()[:20])],
}


@pytest.mark.parametrize("name", BAD)
def test_every_question_ends_in_words_and_no_number_is_missing_without_one(name):
    found = check(BAD[name])
    answers = list(ask(found, HOW))
    assert {a.question for a in answers} == {"people_agree", "systems", "near", "preferences", "sensitivity"}
    for answer in answers:
        assert answer.reading, answer.question
        assert not any(word in sentence.lower().split() for sentence in answer.reading for word in ("nan", "nan.", "nan,", "(nan", "inf"))
        json.loads(answer.to_json())
        for part, result in answer.parts.items():
            for row in result.rows:
                values = dataclasses.asdict(row)
                if all(isinstance(v, float) and math.isnan(v) for v in values.values() if isinstance(v, float)):
                    numbers = [v for v in values.values() if isinstance(v, float)]
                    assert not numbers or any(values.get(w) for w in WORDS), (answer.question, part, values)


def test_what_was_not_used_and_what_was_read_as_a_number_is_counted():
    missing, text = check(BAD["40% missing"]), check(BAD["numbers as text"])
    gone = sum(r["value"] is None for r in BAD["40% missing"])
    assert missing.unused == gone > 0.3 * missing.rows
    assert text.unused == 0
    assert {a.what for a in text.aside.rows} == {"number as text"}
    assert text.table["value"].equals(check(rows()).table["value"])


def test_a_reference_that_nobody_rated_is_the_users_to_mend():
    found = check([r for r in rows() if r["system_id"] != "reference"])
    with pytest.raises(TidelabError, match="no rating is of the reference"):
        list(ask(found, HOW))
