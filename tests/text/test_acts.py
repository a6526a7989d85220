import numpy as np
import pytest

from tidelab.agreement import kappa
from tidelab.corpus import sample
from tidelab.text import acts

PERSON = "I froze when the bus braked and everyone stared at me. I haven't taken it since."
GOOD = "That must have been frightening. Freezing makes sense after what happened to you. You got on that bus at all. What was it like?"


@pytest.fixture(scope="module")
def some():
    """Twenty labelled replies of the sample, with what they answer."""
    by_id = {c.conversation_id: c for c in sample.load()[2]}
    texts = {(c.conversation_id, c.kind): c.text for c in sample.contrasts()}
    labels = sample.labels()[::50]
    replies = [by_id[x.conversation_id].chatbot if x.kind == "reference" else texts[x.conversation_id, x.kind] for x in labels]
    return labels, [by_id[x.conversation_id].person for x in labels], replies


def test_plain_sentences_get_the_act_that_they_do():
    tagged = acts.tag([PERSON], [GOOD])[0]
    assert tagged.acts[0] == "emotion_recognition"
    assert tagged.acts[1] == "distress_normalization"
    assert tagged.acts[3] == "question"
    assert [s.text for s in tagged.spans("question")] == ["What was it like?"]
    assert tagged.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_an_empty_reply_has_no_acts_and_level_zero_and_odd_ones_do_not_break_it():
    tagged = acts.tag([""] * 4, ["", "   ", "❤️", "a\x00b"])
    assert [t.acts for t in tagged[:2]] == [[], []]
    assert tagged[0].levels == (0.0, 0.0, 0.0)
    assert all(np.isfinite(t.levels).all() for t in tagged)


def test_a_reply_is_tagged_alike_alone_and_among_others():
    alone = acts.tag([PERSON], [GOOD])[0]
    among = acts.tag(["x", PERSON, "y"], ["Hello.", GOOD, "Try to breathe out slowly."])[1]
    assert among.acts == alone.acts
    assert among.levels == pytest.approx(alone.levels, abs=1e-4)


def test_replies_of_the_sample_are_scored_by_weights_that_have_not_seen_their_persona():
    by_id = {c.conversation_id: c for c in sample.load()[2]}
    model = acts.load()
    of_persona: dict[str, set[int]] = {}
    for conversation in by_id.values():
        of_persona.setdefault(conversation.persona_id, set()).add(model.fold_of_text(conversation.chatbot))
    assert all(len(found) == 1 and 0 not in found for found in of_persona.values())
    assert set().union(*of_persona.values()) == {1, 2, 3, 4, 5}
    assert model.fold_of_text(GOOD) == 0


def test_out_of_fold_acts_and_levels_agree_with_the_labels_far_beyond_chance(some):
    labels, persons, replies = some
    tagged = acts.tag(persons, replies)
    truth = [acts.ACTS.index(a) for x in labels for a in x.settled.acts]
    said = [acts.ACTS.index(a) for t in tagged for a in t.acts]
    assert len(truth) == len(said)
    assert kappa(truth, said, 7, "nominal") > 0.5
    levels = np.array([[getattr(x.settled, f) for f in acts.FACTORS] for x in labels])
    found = np.array([t.levels for t in tagged])
    assert np.corrcoef(levels.sum(axis=1), found.sum(axis=1))[0, 1] > 0.6


def test_general_kindness_has_lower_levels_than_particular_words():
    lukewarm = "That sounds really hard. Many people go through difficult times. I am here for you."
    general, particular = acts.tag([PERSON, PERSON], [lukewarm, GOOD + " The bus, the stares, and you in the middle of it."])
    assert sum(particular.levels) > sum(general.levels)
