"""What of a teacher's answer becomes a conversation, and what is said of the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.fake_answers import CHATBOT, PERSON
from tidelab.corpus import personas, scenarios
from tidelab.corpus.teachers import answers, prompts
from tidelab.corpus.teachers.answers import Bad, object_to, read
from tidelab.engines.base import Answer
from tidelab.records import Conversation

GOOD = {"person": PERSON.format(word="dear"), "chatbot": CHATBOT.format(word="dear")}


def answer(value, stop="stop", reason=""):
    return Answer(value if isinstance(value, str) else json.dumps(value), stop, reason=reason)


def test_a_good_answer_is_its_two_texts_fenced_or_not():
    assert read(answer(GOOD)) == (GOOD["person"], GOOD["chatbot"])
    assert read(answer(f"```json\n{json.dumps(GOOD, indent=1)}\n```\n")) == (GOOD["person"], GOOD["chatbot"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answer(""), "empty"),
        (answer("  \n"), "empty"),
        (answer("Here you are."), "not JSON"),
        (answer(json.dumps(GOOD)[:80]), "not JSON"),
        (answer("[" * 100_000), "not JSON"),
        (answer([1]), "not an object"),
        (answer({"person": GOOD["person"]}), "not an object"),
        (answer(GOOD | {"note": "x"}), "not an object"),
        (answer(GOOD | {"chatbot": 7}), "not an object"),
        (answer(GOOD | {"chatbot": "Too short."}), "the reply has 2 words"),
        (answer(GOOD | {"person": "word " * 151}), "the person's text has 151 words"),
        (answer(GOOD | {"person": GOOD["person"] + "\x00"}), "no table can hold"),
        (answer(GOOD | {"person": GOOD["person"] + " \ud800"}), "no table can hold"),
        (answer(GOOD, stop="length"), "cut at the limit"),
        (answer("", stop="error", reason="the provider's model refused"), "refused"),
        (Answer(None, "error", reason="HTTP 500"), "HTTP 500"),
        (Answer(None, "error"), "no answer"),
    ],
)
def test_anything_else_is_told_by_its_true_reason(given, told):
    found = read(given)
    assert isinstance(found, Bad)
    assert told in found.reason


def test_words_of_the_prompt_are_found_in_either_text_whatever_their_case():
    leak = " END OPEN; not every reply with a question. answer with one JSON object"
    for field in GOOD:
        found = read(answer(GOOD | {field: GOOD[field] + leak}))
        assert isinstance(found, Bad)
        assert "repeats the prompt" in found.reason


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_and_never_an_exception(text):
    assert isinstance(read(answer(text)), Bad)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_read_or_refused_and_never_an_exception(value):
    assert isinstance(read(answer(value if not isinstance(value, str) else json.dumps(value))), Bad)


def conversation(**texts):
    return Conversation(conversation_id="c", persona_id="p", **(GOOD | texts))


def test_a_teacher_is_held_to_the_persona_it_was_told_to_english_and_to_answering():
    persona = personas.sample(2, 1)[0].model_copy(update={"persona_id": "p", "age": 30})
    assert object_to(conversation(), persona) == ""
    assert "107" in object_to(conversation(person=f"I am 107 years old. {GOOD['person']}"), persona)
    assert "refusal" in object_to(conversation(chatbot=f"I'm sorry, but I can't help with this request. {GOOD['chatbot']}"), persona)
    french = "Je ne sais pas pourquoi je me suis assis là, et tout le monde me regardait, mais je ne pouvais pas me lever du tout."
    assert "French" in object_to(conversation(person=french), persona)


def test_every_check_that_a_teacher_is_held_to_exists():
    from tidelab.corpus import checks

    assert set(answers.STRICT) <= {check.name for check in checks.checks()}


def test_a_prompt_is_filled_whole_and_a_fresh_try_reads_the_same():
    for persona in personas.sample(40, 3):
        for scenario in scenarios.choose(persona, 2, 3):
            prompt = prompts.ask(persona, scenario)
            system, user = (message["content"] for message in prompt.messages)
            assert "$" not in user
            assert persona.trauma_topic in user and scenario.description in user and str(persona.age) in user
            assert prompts.ask(persona, scenario, 2).messages == prompt.messages
            assert "false reassurance" in system.lower()


def test_what_a_persona_does_not_say_is_said_to_be_missing():
    bare = personas.sample(2, 1)[0].model_copy(update={"occupation": "", "age": None, "behaviors": []})
    words = prompts.ask(bare, scenarios.choose(personas.sample(2, 1)[0], 1, 1)[0]).messages[1]["content"]
    assert "age: not stated" in words and "occupation: not stated" in words and "behaviours: not stated" in words
