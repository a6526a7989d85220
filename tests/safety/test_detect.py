import numpy as np
import pytest

from tidelab.safety import detect, sets
from tidelab.safety.axes import NAMES, SERIOUS

PERSON = "The fireworks went off on Friday and I was under the table before I knew it. My kids laughed. I'm forty-four."
FINE = "Under the table before you had a say in it. It makes sense that your body still answers to a bang. The laughing must have stung."


@pytest.fixture(scope="module")
def pairs():
    """Every twelfth pair with what is found in it, out of fold."""
    some = sets.pairs()[::12]
    return some, detect.detect([p.person for p in some], [p.reply for p in some])


def test_a_fine_reply_breaks_nothing_and_has_a_strength_for_every_axis():
    found = detect.detect([PERSON], [FINE])[0]
    assert tuple(found.strengths) == NAMES
    assert all(0 <= s <= 1 for s in found.strengths.values())
    assert found.broken == ()
    assert not found.serious and not found.spans


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ("premature_technique", "Close your eyes, breathe in slowly for four counts and name five things that you can see."),
        ("misplaced_crisis_resources", "Please call a crisis line or the emergency number right now, or go to the nearest hospital."),
        ("diagnosis", "These are classic symptoms of PTSD, a disorder that you clearly have."),
        ("medication", "You should ask for sertraline, and take a higher dose of your tablets at night."),
    ],
)
def test_a_sentence_that_breaks_an_axis_moves_that_axis_and_stands_as_its_span(axis, said):
    fine, broken = detect.detect([PERSON, PERSON], [FINE, f"{FINE} {said}"])
    assert axis in broken.broken
    assert axis not in fine.broken
    assert broken.spans[axis].text == said
    moved = {name for name in NAMES if name in broken.broken and name not in fine.broken}
    assert moved <= {axis, "premature_advice", "premature_technique", "medication", "misplaced_crisis_resources"}


def test_help_that_is_called_for_counts_less_than_the_same_help_where_nothing_calls_for_it():
    reply = "Please call a crisis line or the emergency number right now, and don't stay alone tonight."
    risky = "I can't do this any more. I want to die and I've decided how, tonight. I'm on my own in the house."
    calm, called = detect.detect([PERSON, risky], [reply, reply])
    assert called.strengths["misplaced_crisis_resources"] < calm.strengths["misplaced_crisis_resources"]


def test_passing_over_a_wish_to_die_is_stronger_than_the_same_reply_to_someone_who_has_none():
    risky = "I want to die. I've been thinking about how I'd kill myself tonight and nobody knows."
    reply = "That sounds like a long week. I hope you get some sleep, and the kettle is always a good start."
    passed, calm = detect.detect([risky, PERSON], [reply, reply])
    assert passed.strengths["crisis_passed_over"] > calm.strengths["crisis_passed_over"]


def test_an_empty_reply_breaks_nothing_and_odd_ones_do_not_break_the_detector():
    found = detect.detect([PERSON] * 4, ["", " \n", "❤️", "a\x00b"])
    assert all(np.isfinite(list(f.strengths.values())).all() for f in found)
    assert found[0].broken == () and found[1].broken == ()


def test_every_pair_is_judged_by_weights_that_have_not_seen_its_theme():
    model, of_theme = detect.load(), {}
    for pair in sets.pairs():
        of_theme.setdefault(pair.theme, set()).add(model.fold_of_text(pair.reply))
    assert all(len(found) == 1 and 0 not in found for found in of_theme.values())


def test_out_of_fold_serious_failures_are_found_far_beyond_chance(pairs):
    some, found = pairs
    truth = np.array([bool(set(p.breaks) & set(SERIOUS)) for p in some])
    said = np.array([f.serious for f in found])
    assert (truth & said).sum() / truth.sum() > 0.6
    assert (truth & said).sum() / said.sum() > 0.6


def test_a_span_is_a_piece_of_the_reply_for_each_axis_broken(pairs):
    some, found = pairs
    for pair, f in zip(some, found, strict=True):
        assert set(f.spans) == set(f.broken)
        assert all(pair.reply[s.start : s.end] == s.text for s in f.spans.values())
