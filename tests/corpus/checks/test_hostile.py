"""Texts that want to be slow: every check takes linear time whatever stands there."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidelab.corpus import checks
from tidelab.records import Conversation, Persona

SECONDS = 3.0  # 200 kB in both texts; a check that goes over a text twice for each character would take minutes
SIZE = 200_000
PERSONA = Persona(
    persona_id="p",
    age=40,
    gender="woman",
    relationship_status="single",
    living_situation="alone",
    trauma_type="house fire",
    trauma_topic="a fire at night",
    years_since_trauma=3,
)
TEXT_CHECKS = [check for check in checks.checks() if check.name != "near_duplicates"]
PIECES = [
    *(
        "\n",
        " ",
        "a",
        "a.",
        "a@",
        "@a.",
        "1 ",
        "1-",
        "12 345 ",
        "+",
        "(",
        "{",
        "{{",
        "[name",
        "<",
        "`",
        '"',
        "'",
        "’",
        "!'",
        ".’",
        ": ",
        "*",
        "#",
        "_",
        "-",
    ),
    *(
        "I'm ",
        "I am forty, ",
        "my wife ",
        "as a ",
        "as a very ",
        "since the ",
        "three years since ",
        "Anna ",
        "Anna B. ",
        "McA",
        "www.",
        "http://",
        "Aa ",
    ),
    *(
        "I promise ",
        "not I promise ",
        "you are safe ",
        "sorry, but I can't ",
        "kill myself ",
        "suicide because ",
        "the client ",
        "here is the ",
        "ed",
        "es",
    ),
    *(
        "\u202e",
        "\U0001f600",
        "ع",
        "漢",
        "e\u0301",
        "\u200d",
        "\ufeff",
        "ß",
        "İ",
        "\u2028",
        "1 Aa Aa Aa ",
        "I don't want to ",
        "call a b c ",
    ),
]


def talk(person, chatbot):
    return [Conversation(conversation_id="a", persona_id="p", person=person, chatbot=chatbot)]


@pytest.mark.parametrize("check", TEXT_CHECKS, ids=lambda check: check.name)
def test_long_runs_of_every_piece_take_linear_time(check):
    for piece in PIECES:
        rows = talk(*2 * [f"I you {piece * (SIZE // 4 // len(piece))}x"])
        start = time.process_time()
        check.find(rows, {"p": PERSONA})
        assert time.process_time() - start < SECONDS / 4, repr(piece)


@pytest.mark.parametrize("check", TEXT_CHECKS, ids=lambda check: check.name)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3), tail=st.sampled_from(["", ".", "x", "\n", "@"]))
def test_200_kb_of_anything_repeated_take_no_time_to_speak_of(check, pieces, tail):
    piece = "".join(pieces)
    text = piece * (SIZE // len(piece)) + tail
    rows = talk(f"I {text}", f"you {text}")
    start = time.process_time()
    found = check.find(rows, {"p": PERSONA})
    assert time.process_time() - start < SECONDS
    assert {f.conversation_id for f in found} <= {"a"}


@pytest.mark.parametrize("check", TEXT_CHECKS, ids=lambda check: check.name)
@settings(max_examples=40, deadline=None)
@given(person=st.text(min_size=1).filter(str.strip), chatbot=st.text(min_size=1).filter(str.strip))
def test_any_text_is_taken_and_what_is_quoted_stands_in_it(check, person, chatbot):
    for finding in check.find(talk(person, chatbot), {"p": PERSONA}):
        assert finding.quote in (person if finding.field == "person" else chatbot).replace("’", "'").replace("‘", "'")


def test_five_thousand_words_are_checked_by_all():
    words = "I keep thinking about that night and what my brother said to me. " * 400
    start = time.process_time()
    for check in TEXT_CHECKS:
        check.find(talk(words, words), {"p": PERSONA})
    assert time.process_time() - start < SECONDS
