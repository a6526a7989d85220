import json

import pytest

from tests.corpus.checks.talks import CHATBOT, PERSON, talk
from tidelab.corpus import check_report, checks
from tidelab.corpus.formats import Import
from tidelab.records import Persona, Quarantined

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def corpus(*rows, unread=()):
    return Import([Persona(persona_id="p", age=70)], [], list(rows), list(unread), ["a warning of the reader"])


def checked(found):
    return checks.examine(found.conversations, {p.persona_id: p for p in found.personas})


@pytest.fixture
def mixed():
    rows = [
        talk(),
        talk(conversation_id="b", person=f"I’m 23, and I can’t sleep. {EVIL}"),
        talk(conversation_id="c", chatbot=f"As an AI, I can't say. {EVIL}"),
        talk(conversation_id="d", person=f"{PERSON} You know.", chatbot="You are safe now, I promise."),
    ]
    return corpus(*rows, unread=[Quarantined(conversation_id="x.jsonl:9", stage="read", reason=f"is no JSON {EVIL}", where="x.jsonl:9")])


def test_counts_add_up_and_every_check_has_a_row(mixed):
    told = check_report.summary(mixed, checked(mixed))
    assert (told["read"], told["unreadable"], told["used"], told["quarantined"]) == (4, 1, 3, 2)
    assert told["used"] + told["quarantined"] == told["read"] + told["unreadable"]
    by_check = {row["check"]: row for row in told["checks"]}
    assert set(by_check) == {check.name for check in checks.checks()}
    assert by_check["refusal"]["outcome"] == "quarantined" and by_check["refusal"]["conversations"] == 1
    assert by_check["age"]["share"] == 0.25 and by_check["promises"]["findings"] == 1
    json.dumps(told)


def test_an_example_marks_the_words_it_rests_on_and_cuts_long_texts():
    long = talk(person=f"{'word ' * 300}I'm 23, and {'more ' * 300}")
    found = corpus(long)
    (example,) = check_report.examples(checked(found).findings["age"], found.conversations, 5)
    assert example.marked == "I'm 23"
    assert example.before.startswith("… ") and example.before.endswith("word ")
    assert example.after.endswith(" …") and len(example.before + example.after) < 400


def test_a_finding_without_a_quote_shows_the_text_unmarked():
    found = corpus(talk(person="Help."))
    (example,) = check_report.examples(checked(found).findings["length"], found.conversations, 5)
    assert (example.before, example.marked) == ("Help.", "")


def test_no_more_examples_are_shown_than_asked_for_and_the_page_says_so():
    found = corpus(*(talk(conversation_id=f"{i:02d}", person=f"I'm 23, number {i}.", chatbot=f"{CHATBOT} {i}") for i in range(7)))
    page = check_report.page("many", found, checked(found), 3)
    assert page.count("<mark>I&#39;m 23</mark>") == 3
    assert "The first 3 of 7 findings." in page


def test_html_in_texts_reasons_and_names_stays_text(mixed):
    page = check_report.page(EVIL, mixed, checked(mixed))
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<mark>As an AI</mark>" in page and "is no JSON" in page


def test_the_page_asks_nothing_of_the_network(mixed):
    page = check_report.page("data", mixed, checked(mixed))
    assert "default-src 'none'" in page
    assert "http:" not in page and "https:" not in page and "src=" not in page.replace("img src=x", "")


def test_an_empty_report_is_a_page_without_examples():
    found = corpus(talk())
    page = check_report.page("good", found, checked(found))
    assert "What was found" not in page and '<h2 id="left-out">' not in page
