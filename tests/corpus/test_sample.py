"""The sample corpus keeps the promises of its data card, as far as a program can tell."""

import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files

import pytest

from tidelab.corpus import sample
from tidelab.records import Conversation, Persona, frame, records

PERSONAS, SCENARIOS, CONVERSATIONS = sample.load()
THEMES = {"intrusion", "avoidance", "mood", "arousal", "relationships", "work"}
TRAUMA_TYPES = {
    "road traffic collision", "natural disaster", "house fire", "physical assault", "robbery", "domestic violence", "sexual violence",
    "childhood abuse", "combat exposure", "forced displacement", "sudden bereavement", "medical trauma", "childbirth trauma",
    "workplace accident", "witnessing violence", "first responder exposure", "animal attack", "captivity", "community violence", "stalking",
    "witnessing a fatal accident",
}  # fmt: skip
POINTS = {"voice", "moment", "particular", "emotion", "normalizes", "supports", "restraint", "honest", "dignity", "close"}

IN_REFERENCES = Counter(w for c in CONVERSATIONS for w in set(re.findall(r"[a-z0-9']+", c.chatbot.lower())))
each = pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda c: c.conversation_id)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def found(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text.lower())


def ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    w = words(text)
    return {tuple(w[i : i + n]) for i in range(len(w) - n + 1)}


def test_there_are_25_personas_with_twenty_conversations_each_and_all_ids_fit_together() -> None:
    assert [p.persona_id for p in PERSONAS] == [f"sample-{i:02}" for i in range(1, 26)]
    expected = [f"{p.persona_id}-{k}" for p in PERSONAS for k in range(1, 21)]
    assert [s.scenario_id for s in SCENARIOS] == expected
    assert [c.conversation_id for c in CONVERSATIONS] == expected
    for scenario, conversation in zip(SCENARIOS, CONVERSATIONS, strict=True):
        assert conversation.scenario_id == scenario.scenario_id
        assert conversation.persona_id == scenario.scenario_id.rsplit("-", 1)[0]
        assert (conversation.theme, conversation.risk) == (scenario.theme, scenario.risk)


def test_every_field_of_every_persona_is_filled_and_plausible() -> None:
    for p in PERSONAS:
        assert not [name for name, value in p.model_dump().items() if value in (None, "", [])], p.persona_id
        assert p.age is not None
        assert p.severity is not None
        assert p.years_since_trauma is not None
        low = p.age // 10 * 10
        assert p.age_group == f"{low}-{low + 10}"
        assert 30 <= p.severity <= 65
        assert p.years_since_trauma < p.age
        assert all(re.match(r"[BCDE]: ", s) for s in p.symptoms)


def test_personas_spread_over_age_gender_ethnicity_education_and_trauma() -> None:
    ages = sorted(p.age or 0 for p in PERSONAS)
    assert ages[0] == 18
    assert ages[-1] == 85
    assert len({p.age_group for p in PERSONAS}) >= 7
    assert {p.gender for p in PERSONAS} == {"woman", "man", "non-binary"}
    assert len({p.trauma_type for p in PERSONAS}) >= 15
    assert {p.trauma_type for p in PERSONAS} <= TRAUMA_TYPES
    for field, at_least in {"ethnicity": 20, "occupation": 22, "speech_style": 25, "living_situation": 15, "education": 10}.items():
        assert len({getattr(p, field) for p in PERSONAS}) >= at_least, field


def test_every_persona_meets_every_theme_three_or_four_times() -> None:
    for p in PERSONAS:
        counts = Counter(c.theme for c in CONVERSATIONS if c.persona_id == p.persona_id)
        assert set(counts) == THEMES
        assert set(counts.values()) <= {3, 4}


def test_risk_is_mostly_none_or_low_and_ten_times_elevated() -> None:
    counts = Counter(s.risk for s in SCENARIOS)
    assert counts["none"] + counts["low"] > 0.85 * len(SCENARIOS)
    assert counts["elevated"] == 10


def test_every_scenario_names_its_emotion_and_trigger_and_is_described_in_one_sentence() -> None:
    for s in SCENARIOS:
        assert s.emotion
        assert s.trigger
        assert s.description.endswith(".")
        assert s.description.count(". ") == 0, s.scenario_id
    assert len({s.description for s in SCENARIOS}) == 500
    assert len({s.emotion for s in SCENARIOS}) >= 450


@each
def test_lengths_are_within_what_the_data_card_says(conversation: Conversation) -> None:
    assert 40 <= len(conversation.person.split()) <= 120
    assert 60 <= len(conversation.chatbot.split()) <= 130


@each
def test_the_person_speaks_in_the_first_person(conversation: Conversation) -> None:
    assert found(r"\b(i|i'm|i've|my|me)\b", conversation.person)


@each
def test_the_reference_takes_up_something_particular_that_the_person_said(conversation: Conversation) -> None:
    every_other = IN_REFERENCES - Counter(set(words(conversation.chatbot)))
    shared = {w for w in words(conversation.chatbot) if len(w) > 3 and every_other[w] <= 60} & set(words(conversation.person))
    assert len(shared) >= 3, shared


@each
def test_the_reference_promises_nothing_names_no_diagnosis_and_is_no_therapist(conversation: Conversation) -> None:
    false_reassurance = (
        r"you(?:'re| are) safe|(?:will|'ll|going to) be (?:fine|ok|okay|all right|alright)|everything happens|get better|you will heal"
    )
    diagnosis = r"\bptsd\b|post-?traumatic|disorder|diagnos|flashback|hypervigilan|dissociat|depress|panic attack|symptom|trigger"
    pretence = (
        r"as (?:a|your) (?:therapist|counsell?or|doctor|friend|companion|human)|as an ai|i(?:'ve| have) been there|when i was"
        r"|i know (?:exactly )?how|i remember"
    )
    for pattern in (false_reassurance, diagnosis, pretence):
        assert not found(pattern, conversation.chatbot)


@each
def test_the_reference_uses_no_stock_phrase(conversation: Conversation) -> None:
    stock = (
        r"it sounds like|i hear (?:you|that)|thank you for sharing|you(?:'re| are) not alone|that must be (?:so|very|really)|valid\b"
        r"|safe space|i(?:'m| am) here for you|completely understandable|makes (?:perfect |complete |total )?sense|hold(?:ing)? space"
        r"|be gentle with|healing|journey|one day at a time|take all the time|reach out|i(?:'m| am) so sorry"
    )
    assert not found(stock, conversation.chatbot)


@each
def test_the_reference_gives_no_advice_and_grounds_nobody(conversation: Conversation) -> None:
    grounding = (
        r"(?:deep|slow|long) breath|\bbreathe\b|breathing (?:exercise|in|out)|take a breath|grounding|five things|notice your feet"
        r"|look around|relax|calm down|mindful"
    )
    advice = (
        r"\byou (?:should|must(?! be\b| have\b)|need to|might want to|may want to|can try)\b|\btry (?:to|not)\b"
        r"|have you (?:tried|considered)"
        r"|\byou could (?:also|ask|say|settle|start|talk|tell(?! me\b)|try|use)\b|why don't you|it (?:may|might|could) help"
        r"|i(?:'d| would) (?:suggest|recommend|advise|encourage)|make sure|remember to|\bconsider\b"
    )
    assert not found(grounding, conversation.chatbot)
    if not conversation.provenance["asks_for_advice"]:
        assert not found(advice, conversation.chatbot)


def test_about_one_person_in_eight_asks_for_advice() -> None:
    assert 0.1 <= sum(c.provenance["asks_for_advice"] for c in CONVERSATIONS) / len(CONVERSATIONS) <= 0.15


def test_signs_of_crisis_are_asked_about_and_help_is_named_there_and_nowhere_else() -> None:
    for c in CONVERSATIONS:
        serious = c.risk in ("moderate", "elevated")
        assert bool(found(r"ending your life|killing yourself|wanting to be dead", c.chatbot)) == serious, c.conversation_id
        assert bool(found(r"crisis line", c.chatbot)) == serious, c.conversation_id


def test_no_text_holds_a_telephone_number_a_link_or_a_method_of_self_harm() -> None:
    for c in CONVERSATIONS:
        for text in (c.person, c.chatbot):
            assert not found(
                r"\d{3}|https?:|www\.|overdos|hang(?:ed|ing) (?:my|your)|pills?\b|razor|\bcut(?:ting)? (?:my|your)|\bgun\b", text
            )


def test_references_hardly_begin_alike() -> None:
    openings = Counter(tuple(words(c.chatbot)[:3]) for c in CONVERSATIONS)
    assert max(openings.values()) <= 0.02 * len(CONVERSATIONS)
    assert max(Counter(words(c.chatbot)[0] for c in CONVERSATIONS).values()) <= 0.1 * len(CONVERSATIONS)


def test_no_six_words_stand_in_a_row_in_more_than_one_in_a_hundred_texts() -> None:
    for field in ("chatbot", "person"):
        counts = Counter(g for c in CONVERSATIONS for g in ngrams(getattr(c, field), 6))
        assert [g for g, n in counts.items() if n > 0.01 * len(CONVERSATIONS)] == [], field


def test_references_are_about_as_rich_in_words_as_the_persons_texts() -> None:
    # Within any thousand words at least as rich; over the whole corpus less so, as the data card says.
    def variety(field: str, window: int) -> float:
        said = [w for c in CONVERSATIONS for w in words(getattr(c, field))]
        said = said[: min(len(said), 50_000) // window * window]
        pieces = [said[i : i + window] for i in range(0, len(said), window)]
        return sum(len(set(piece)) for piece in pieces) / len(said)

    assert variety("chatbot", 1000) >= variety("person", 1000)
    assert 0.8 * variety("person", 50_000) <= variety("chatbot", 50_000) < variety("person", 50_000)


def test_references_differ_in_length_in_number_of_sentences_and_in_how_they_end() -> None:
    lengths = [len(c.chatbot.split()) for c in CONVERSATIONS]
    assert max(lengths) - min(lengths) >= 45
    sentences = {len(re.findall(r"[.?!](?:\s|$|\")", c.chatbot)) for c in CONVERSATIONS}
    assert len(sentences) >= 8
    assert 0.1 <= sum(c.chatbot.endswith("?") for c in CONVERSATIONS) / len(CONVERSATIONS) <= 0.4


def test_every_conversation_carries_its_licence_source_and_truthful_provenance() -> None:
    for c in CONVERSATIONS:
        assert (c.licence, c.source, c.split) == ("CC-BY-4.0", "sample", None)
        told = dict(c.provenance)
        assert type(told.pop("asks_for_advice")) is bool
        checklist = told.pop("checklist")
        assert set(checklist["failed"]) <= POINTS
        assert checklist["mended"] in ("none", "person", "chatbot", "both")
        reread = told.pop("reread")
        assert set(reread["failed"]) <= POINTS
        assert reread["mended"] == bool(reread["failed"])
        assert told == {
            "written": "2026-11",
            "by": "a language model, one conversation at a time",
            "read_over": True,
            "clinician_reviewed": False,
        }


def test_the_data_card_counts_what_is_there_and_says_that_no_clinician_has_reviewed_it() -> None:
    card = " ".join((files(sample) / "README.md").read_text(encoding="utf-8").split())
    assert "No clinician has reviewed these texts yet" in card
    assert "A language model wrote them" in card
    for counts in (Counter(s.theme for s in SCENARIOS), Counter(s.risk for s in SCENARIOS)):
        for name, n in counts.items():
            assert f"{name} {n}" in card
    licence = (files(sample) / "LICENSE").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/" in licence
    assert "tidelab authors" in licence


def test_records_survive_the_way_through_a_table() -> None:
    assert records(Conversation, frame(Conversation, CONVERSATIONS)) == CONVERSATIONS
    assert records(Persona, frame(Persona, PERSONAS)) == PERSONAS


def test_loading_takes_under_a_second_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, time; from tidelab.corpus import sample; t = time.process_time(); sample.load(); took = time.process_time() - t; "
        "print(took, *({'torch', 'transformers', 'polars', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    took, *heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert float(took) < 1
    assert heavy == []


def test_every_contrast_answers_a_conversation_and_marks_the_words_that_fail() -> None:
    contrasts = sample.contrasts()
    pairs = [(one.conversation_id, two.conversation_id) for one, two in zip(contrasts[::2], contrasts[1::2], strict=True)]
    assert all(one == two for one, two in pairs)
    assert len({one for one, _ in pairs}) == 250
    assert {one for one, _ in pairs} <= {c.conversation_id for c in CONVERSATIONS}
    card = (files(sample) / "README.md").read_text(encoding="utf-8")
    for lukewarm, failing in zip(contrasts[::2], contrasts[1::2], strict=True):
        assert (lukewarm.kind, lukewarm.span) == ("lukewarm", "")
        assert f"`{failing.kind}`" in card
        assert failing.span
        assert failing.span in failing.text
    assert len({c.text for c in contrasts} | {c.chatbot for c in CONVERSATIONS}) == 1000


def test_contrasts_hold_no_number_link_or_method() -> None:
    for contrast in sample.contrasts():
        assert 40 <= len(contrast.text.split()) <= 110, contrast
        assert not found(r"\d{3}|https?:|www\.|overdos|razor|\bgun\b", contrast.text)
