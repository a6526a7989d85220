import math

import numpy as np
import polars as pl
import pytest

from tidelab.analysis.learning_curves import EXPONENTS, learning_curves
from tidelab.records import Conversation, Score, frame

FRACTIONS = {"~f1/16": 500, "~f1/8": 1000, "~f1/4": 2000, "~f1/2": 4000, "": 8000}


def curve(shape, *, seeds=3, personas=40, noise=0.05, of_seed=0.002, sizes=FRACTIONS, effect=0.01, seed=1):
    """The one curve of a student whose mean score is shape(n)."""
    draw, scores, taught = np.random.default_rng(seed), [], {}
    conversations = [
        Conversation(conversation_id=f"c{p}-{k}", persona_id=f"p{p}", person="a", chatbot="b", source="teacher")
        for p in range(personas)
        for k in range(2)
    ]
    own = {c.conversation_id: draw.normal(0, 0.05) for c in conversations}
    for fraction, n in sizes.items():
        for s in range(1, seeds + 1):
            system = f"m@fine-tuned{fraction}" + (f"~s{s}" if s > 1 else "")
            taught[system], shift = n, draw.normal(0, of_seed)
            scores += [
                Score(
                    conversation_id=c, system_id=system, metric="cosine", value=shape(n) + shift + o + draw.normal(0, noise), signature="x"
                )
                for c, o in own.items()
            ]
    answer = learning_curves(frame(Score, scores), frame(Conversation, conversations), taught, smallest_effect=effect, resamples=400)
    (found,) = answer.parts["curves"].rows
    return answer, found


def test_a_curve_that_levels_off_has_its_asymptote_in_the_interval_and_a_data_size_that_is_enough():
    answer, found = curve(lambda n: 0.7 - 40 * n**-0.9, noise=0.02, of_seed=0.0005)
    assert found.identified, found.verdict
    assert found.asymptote_low < 0.7 < found.asymptote_high
    assert found.best == "power law"
    expected = (40 * (1 - 2**-0.9) / 0.01) ** (1 / 0.9)
    assert found.enough == pytest.approx(expected, rel=0.3)
    assert found.enough_low < expected < found.enough_high
    assert "levels off at" in answer.reading[0]


def test_a_score_that_still_rises_is_not_yet_at_its_ceiling():
    answer, found = curve(lambda n: 0.1 + 0.05 * math.log(n))
    assert not found.identified
    assert "not yet at its ceiling" in found.verdict
    assert "not yet at its ceiling" in answer.reading[0]


def test_a_flat_curve_does_not_rise_and_has_no_ceiling_to_name():
    _, found = curve(lambda n: 0.5, noise=0.2)
    assert not found.identified
    assert found.verdict


def test_a_jump_between_two_sizes_puts_the_exponent_at_its_upper_bound_and_identifies_no_ceiling():
    answer, found = curve(lambda n: 0.2 if n < 600 else 0.5, noise=0.01)
    assert found.exponent == EXPONENTS[-1]
    assert not found.identified
    assert "the exponent lies at its bound" in found.verdict
    assert "levels off at" not in answer.reading[0]


def test_three_sizes_are_shown_and_not_fitted():
    answer, found = curve(lambda n: 0.7 - 20 * n**-0.8, sizes={"~f1/4": 2000, "~f1/2": 4000, "": 8000})
    assert found.verdict == "shown, not fitted"
    assert math.isnan(found.asymptote)
    assert "a curve needs 4" in answer.reading[0]
    assert len(answer.parts["points"].rows) == 9


def test_other_systems_are_no_part_of_a_curve():
    answer = learning_curves(
        frame(Score, [Score(conversation_id="c", system_id="m@zero-shot", metric="cosine", value=0.5, signature="x")]),
        frame(Conversation, [Conversation(conversation_id="c", persona_id="p", person="a", chatbot="b")]),
        {"m@zero-shot": 100},
        smallest_effect=0.01,
    )
    assert answer.parts["curves"].rows == ()
    assert answer.tables()["points"].schema["rows"] == pl.Int64
