import importlib.util
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.scoring import synonyms
from tidelab.scoring.meteor import meteor, score, tokens
from tidelab.scoring.metric import Unscored
from tidelab.scoring.shared import Batch, Shared

GOLDENS = json.loads(Path(__file__).with_name("meteor_goldens.json").read_text("utf-8"))
DICTIONARY = Path("/usr/share/wordnet")
VOCABULARY = ["fear", "afraid", "fright", "run", "ran", "running", "geese", "goose", "got", "worse", "bad", "car", "auto", ",", "it", "the"]
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=25)


def values(pairs):
    return score(Batch([], [a for a, _ in pairs], [b for _, b in pairs], Shared("none")))["meteor"]


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """nltk with the real WordNet: a reader and a METEOR of a pair of texts."""
    if not (DICTIONARY / "data.noun").is_file():
        pytest.skip("needs WordNet 3.0 in /usr/share/wordnet: apt install wordnet-base")
    spec = importlib.util.spec_from_file_location("goldens", Path(__file__).parents[2] / "tools/make_meteor_goldens.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with pytest.warns(UserWarning, match="multilingual"):
        wordnet = tool.reader(DICTIONARY, tmp_path_factory.mktemp("wordnet"))
    return wordnet, lambda a, b: tool.score(a, b, wordnet)


def test_equals_the_committed_values_of_nltk_with_the_real_wordnet():
    assert values([(g["reference"], g["reply"]) for g in GOLDENS]) == [g["meteor"] for g in GOLDENS]


def test_the_committed_values_are_what_nltk_gives_today(peer):
    assert [peer[1](g["reference"], g["reply"]) for g in GOLDENS] == [g["meteor"] for g in GOLDENS]


def test_equals_nltk_on_random_sequences_with_repeats_synonyms_and_irregular_forms(peer):
    @given(WORDS.filter(bool).map(" ".join), WORDS.map(" ".join))
    def check(reference, reply):
        assert values([(reference, reply)]) == [peer[1](reference, reply)]

    check()


def test_odd_texts_equal_nltk(peer, odd):
    pairs = [("ok then, word for שלום 😀", text) for text in odd]
    assert values(pairs) == [peer[1](a, b) for a, b in pairs]


def test_synonyms_equal_those_of_the_real_wordnet_for_each_tenth_lemma_and_all_irregular_forms(peer):
    wordnet = peer[0]
    irregular = [form for pos in "nvar" for form in wordnet._exception_map[pos]]
    for word in irregular + list(wordnet._lemma_pos_offset_map)[::10] + ["", "s", "men", "hot_dog", "nosuchword"]:
        names = {name for synset in wordnet.synsets(word) for name in synset.lemma_names()}
        assert synonyms.synonyms(word) == {n for n in names if "_" not in n and n == n.lower()} | {word}, word


def test_the_dictionary_loads_within_a_second_and_is_small_and_its_licence_lies_beside_it():
    data = Path(synonyms.__file__).parent / "data"
    assert (data / "synonyms.txt.gz").stat().st_size < 2_000_000
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in (data / "WORDNET-LICENSE").read_text("utf-8")
    synonyms._dictionary.cache_clear()
    start = time.process_time()
    synonyms._dictionary()
    assert time.process_time() - start < 1


def test_tokens_are_runs_of_letters_and_digits_and_runs_of_other_marks_in_lower_case():
    assert tokens(["I’m HERE... it's 2:30\x00 😀😀!", ""]) == [
        ["i", "’", "m", "here", "...", "it", "'", "s", "2", ":", "30", "\x00", "😀😀!"],
        [],
    ]


@given(WORDS, WORDS)
def test_values_lie_between_zero_and_one(reference, reply):
    assert 0.0 <= meteor(reference, reply) <= 1.0


def test_a_reference_against_itself_misses_one_only_by_the_penalty_for_its_single_chunk():
    (value,) = values([("one two three four", "One two three four")])
    assert value == 1 - 0.5 * (1 / 4) ** 3


def test_an_empty_reply_is_zero_and_a_blank_reference_is_unscored():
    assert values([("some words", ""), ("some words", " \n")]) == [0.0, 0.0]
    (value,) = values([(" ", "words")])
    assert isinstance(value, Unscored)
    assert "reference" in value.reason
