"""Real metadata of the TIDE authors' sister data set. Not part of the project; skipped where it is absent."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tidelab.corpus import checks, source
from tidelab.corpus.formats import tide
from tidelab.errors import TidelabError

SHARED = Path(os.environ.get("TIDELAB_SHARED", Path(__file__).parents[3] / "shared" / "data")) / "thousand-voices-sample"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"needs the shared data in {SHARED} (set TIDELAB_SHARED to the folder above it)"
)

EXPECTED = {
    "116_P8": (76, "70-80", "female", "Married", "Retired", "With partner", "South East Asian", "None", "hostage situation"),
    "281_P10": (64, "60-70", "male", "Widowed", "Professional", "Alone", "South Asian", "Depression", "police brutality"),
}


@pytest.fixture
def root(tmp_path):
    """The sample's files in the folders of TIDE form."""
    for folder in ("conversations", "metadata"):
        (tmp_path / folder).mkdir()
    for n in EXPECTED:
        shutil.copy(SHARED / f"{n}_conversation.json", tmp_path / "conversations")
        shutil.copy(SHARED / f"{n}_metadata.json", tmp_path / "metadata")
    return tmp_path


def test_sessions_of_many_turns_are_refused_with_the_reason(root):
    with pytest.raises(TidelabError, match=r"none of its 2 rows can be used.*full_conversation.*two turns"):
        tide.read(root)


def test_real_metadata_gives_the_persona_it_tells_of(root):
    for n in EXPECTED:
        pair = {"person": "It comes back at night.", "chatbot": "The nights sound long."}
        (root / "conversations" / f"{n}_conversation_2.json").write_text(json.dumps({"conversations": {"1": pair}}))
    found = tide.read(root)
    for persona in found.personas:
        told = EXPECTED[persona.persona_id]
        assert told == (
            persona.age,
            persona.age_group,
            persona.gender,
            persona.relationship_status,
            persona.occupation,
            persona.living_situation,
            persona.ethnicity,
            persona.co_occurring_condition,
            persona.trauma_topic,
        )
        assert persona.trauma_type == "witnessing violence"
    assert [p.behaviors for p in found.personas] == [["hypervigilance", "nightmares"], ["avoidance", "compulsive behaviors", "self-blame"]]
    assert found.conversations[0].provenance["metadata"]["therapist_profile"] == {"age": 39, "gender": "male"}
    assert not found.warnings
    assert len(found.quarantined) == 2


def test_the_session_about_an_earthquake_does_not_fit_its_metadata_and_the_other_session_does():
    found = source.read(str(SHARED))
    assert {c.persona_id for c in found.conversations} == set(EXPECTED)
    people = {p.persona_id: p for p in found.personas}
    checked = checks.examine(found.conversations, people, ["age", "gender", "relations", "elapsed", "trauma"])
    flagged = checks.flags(checked)
    assert {f.conversation_id.split("/")[0] for f in flagged} == {"116_P8"}
    assert {f.check for f in flagged} == {"trauma"}
    assert all("earthquake" in f.message and "hostage situation" in f.message for f in flagged)
