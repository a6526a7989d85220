import random

import pytest
import torch
from bert_score import BERTScorer
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.scoring.bertscore import PARTS
from tidelab.scoring.metric import Unscored
from tidelab.text import encoder

SENTENCES = [
    "I hear you.",
    "It makes sense.",
    "You held on.",
    "Nothing about this is your fault.",
    "What was that like?",
    "Stay as long as you need.",
]
TALK = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map(" ".join)


def test_bertscore_equals_the_package_on_real_english(english, score):
    path = str(encoder.directory("all-MiniLM-L6-v2"))
    peer = BERTScorer(model_type=path, num_layers=6, device="cpu").score([b for _, b in english[:24]], [a for a, _ in english[:24]])
    ours = score("bertscore", english[:24])
    for part, expected in zip(PARTS, peer, strict=True):
        torch.testing.assert_close(torch.tensor(ours[part]), expected, atol=1e-5, rtol=0)


def test_bertscore_equals_the_package_on_odd_texts(odd, score):
    path = str(encoder.directory("all-MiniLM-L6-v2"))
    pairs = [("ok then, word for שלום 😀", text) for text in odd if len(text) < 1000]
    peer = BERTScorer(model_type=path, num_layers=6, device="cpu").score([b for _, b in pairs], [a for a, _ in pairs])
    ours = score("bertscore", pairs)
    for part, expected in zip(PARTS, peer, strict=True):
        torch.testing.assert_close(torch.tensor(ours[part]), expected, atol=1e-5, rtol=0)


def test_cosine_equals_sentence_transformers_own_encode_and_dot(english, odd, score):
    from sentence_transformers import SentenceTransformer

    pairs = english[:24] + [("ok then", text) for text in odd]
    model = SentenceTransformer(str(encoder.directory("all-MiniLM-L6-v2")), device="cpu")
    references, replies = (model.encode([p[i] for p in pairs], convert_to_tensor=True) for i in (0, 1))
    torch.testing.assert_close(torch.tensor(score("cosine", pairs)["cosine"]), (references * replies).sum(dim=1), atol=1e-5, rtol=0)


@given(st.lists(st.tuples(TALK, TALK), min_size=1, max_size=4))
@settings(max_examples=10, deadline=None)
def test_identity_is_one_cosine_is_symmetric_precision_and_recall_change_places_and_all_stay_in_bounds(score, pairs):
    there, back = ({**score("cosine", p), **score("bertscore", p)} for p in (pairs, [(b, a) for a, b in pairs]))
    same = {**score("cosine", [(a, a) for a, _ in pairs]), **score("bertscore", [(a, a) for a, _ in pairs])}
    for part in same:
        assert same[part] == pytest.approx([1.0] * len(pairs), abs=1e-5)
        assert all(-1.00001 <= v <= 1.00001 for v in there[part])
    assert there["cosine"] == pytest.approx(back["cosine"], abs=1e-6)
    assert there["bertscore_p"] == pytest.approx(back["bertscore_r"], abs=1e-6)
    assert there["bertscore_f1"] == pytest.approx(back["bertscore_f1"], abs=1e-6)


@pytest.mark.parametrize("name", ["cosine", "bertscore"])
def test_the_order_of_a_batch_changes_no_bit(name, english, score):
    order = random.Random(3).sample(range(12, 24), 12)
    straight, shuffled = score(name, english[12:24]), score(name, [english[i] for i in order])
    for part in straight:
        assert [straight[part][i - 12] for i in order] == shuffled[part]


@pytest.mark.parametrize("empty", ["", "  \n", "\x00"])
def test_an_empty_reply_and_a_reference_without_tokens_are_unscored_with_their_reasons(empty, score):
    for name in ("cosine", "bertscore"):
        for values in score(name, [("some words", empty), (empty, "some words"), ("some words", "some words")]).values():
            assert isinstance(values[0], Unscored)
            assert "empty reply" in values[0].reason
            assert isinstance(values[1], Unscored)
            assert "reference" in values[1].reason
            assert values[2] == pytest.approx(1.0, abs=1e-5)
