import json
from pathlib import Path

import pytest

from tests.corpus.checks.talks import CHATBOT, PERSON, talk
from tidelab.corpus import checks, personas, rehearsal, scenarios
from tidelab.corpus.sample import load
from tidelab.errors import TidelabError


def test_every_check_is_found_has_its_own_name_and_a_page():
    found = {check.name: check.severity for check in checks.checks()}
    files = {p.stem for p in Path(checks.__file__).parent.glob("*.py") if not p.stem.startswith("_")}
    pages = {p.stem for p in (Path(__file__).parents[3] / "docs" / "checks").glob("*.md")}
    assert set(found) == files == pages - {"README"}
    assert {name for name, severity in found.items() if severity == "error"} == {"speaker", "refusal", "prompt_text", "contact"}


def test_a_good_conversation_passes_every_check():
    kept, quarantined, flags = checks.apply([talk()], {})
    assert [c.conversation_id for c in kept] == ["a"]
    assert not quarantined
    assert not flags


def test_the_sample_conversations_pass_every_check_and_hardly_any_is_flagged():
    people, _, conversations = load()
    kept, quarantined, flags = checks.apply(conversations, {p.persona_id: p for p in people})
    assert len(kept) == len(conversations)
    assert not quarantined
    assert {f.check for f in flags} <= {"factors", "names", "voice"}
    assert len({f.conversation_id for f in flags}) <= 0.02 * len(conversations)


def test_one_that_fails_twice_is_quarantined_once_with_both_reasons_and_its_place():
    bad = talk(
        conversation_id="b",
        person=f"Therapist: {PERSON}",
        chatbot="As an AI, I have no feelings.",
        provenance={"file": "x.jsonl", "line": 3},
    )
    kept, (left_out,), flags = checks.apply([bad, talk()], {})
    assert [c.conversation_id for c in kept] == ["a"]
    assert left_out.stage == "prompt_text"
    assert "`Therapist:`" in left_out.reason
    assert "refusal" in left_out.reason
    assert left_out.where == "x.jsonl:3"
    assert json.loads(left_out.raw)["chatbot"] == "As an AI, I have no feelings."
    assert not flags


def test_findings_do_not_depend_on_the_order_of_the_rows():
    rows = [
        talk(conversation_id=i, chatbot=text)
        for i, text in zip("abcd", ["You are safe now, I promise.", "Hm.", CHATBOT, CHATBOT], strict=True)
    ]
    assert checks.apply(rows, {}) == checks.apply(rows[::-1], {})


@pytest.mark.parametrize("field", ["person", "chatbot"])
def test_raw_of_a_long_quarantined_text_is_cut(field):
    _, (left_out,), _ = checks.apply([talk(**{field: "Therapist: No.\nClient: " + "word " * 5_000})], {})
    assert len(left_out.raw) == 2_000


def test_every_page_says_its_outcome_and_what_it_cannot_see():
    for check in checks.checks():
        page = (Path(__file__).parents[3] / "docs" / "checks" / f"{check.name}.md").read_text("utf-8")
        assert page.startswith(f"# {check.name}\n\n*{'Quarantines' if check.severity == 'error' else 'Flags'}*"), check.name
        assert "**What it can't see.**" in page, check.name


def test_only_the_named_checks_run_and_an_unknown_name_is_told_with_the_known_ones():
    seen = []
    checked = checks.examine([talk(person="Help.")], {}, ["length", "names"], seen.append)
    assert seen == ["length", "names"]
    assert {name: len(found) for name, found in checked.findings.items()} == {"length": 1, "names": 0}
    with pytest.raises(TidelabError, match="no check `lenght`") as told:
        checks.examine([talk()], {}, ["lenght"])
    assert "length" in told.value.mend


def test_flags_are_given_for_kept_rows_only():
    checked = checks.examine([talk(person="Therapist: hm.")], {})
    assert [f.conversation_id for f in checked.findings["speaker"]] == ["a"]
    assert checks.flags(checked) == []
    assert checked.kept == []


def test_hardly_a_rehearsed_conversation_is_flagged_and_none_quarantined():
    people = personas.sample(60, 11)
    rows = [rehearsal.write(p, s, 11) for p in people for s in scenarios.choose(p, 5, 11)]
    names = [check.name for check in checks.checks() if check.name != "near_duplicates"]
    checked = checks.examine(rows, {p.persona_id: p for p in people}, names)
    assert checked.quarantined == []
    flagged = {f.conversation_id for f in checks.flags(checked)}
    assert len(flagged) <= 0.02 * len(rows), {f.message for f in checks.flags(checked)}
    assert not any(checked.findings[name] for name in ("age", "gender", "relations", "elapsed", "trauma"))
