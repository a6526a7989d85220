import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.corpus.formats import nested
from tidelab.corpus.personas import sample
from tidelab.records import Persona

SHARED = Path(os.environ.get("TIDELAB_SHARED", Path(__file__).parents[4] / "shared" / "data")) / "thousand-voices-sample"
word = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)
words = st.lists(word.filter(bool), max_size=4)
personas = st.builds(
    Persona,
    persona_id=word.filter(bool),
    age=st.none() | st.integers(0, 120),
    severity=st.none() | st.integers(0, 80),
    years_since_trauma=st.none() | st.floats(0, 90),
    symptoms=words,
    behaviors=words,
    **{name: word for name, field in Persona.model_fields.items() if field.annotation is str and name != "persona_id"},
)


def test_sampled_personas_come_back_from_their_metadata_without_loss():
    for p in sample(300, 5):
        assert nested.read(p.persona_id, json.loads(json.dumps(nested.write(p)))) == (p, {}, {})


@settings(max_examples=200, deadline=None)
@given(personas)
def test_any_persona_comes_back_from_its_metadata_without_loss(p):
    assert nested.read(p.persona_id, json.loads(json.dumps(nested.write(p))))[0] == p


def test_the_metadata_have_the_authors_names_and_places():
    p = sample(1, 1)[0]
    written = nested.write(p)
    assert written["trauma_info"]["type"] == p.trauma_type and written["trauma_info"]["session_topic"] == p.trauma_topic
    assert written["client_profile"]["exhibited_behaviors"] == p.behaviors and written["client_profile"]["age"] == p.age


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"client_profile": {"age": 40}},
        {"trauma_info": {"type": "flood", "session_topic": "the flood", "extra": [1, {"a": 2}]}, "note": "kept"},
        {"client_profile": {"age": "forty", "gender": "woman"}, "therapist_profile": {"age": 39, "gender": "male"}},
        {"client_profile": "a text where an object was meant"},
        {"client_profile": {"behaviors": ["a"], "exhibited_behaviors": ["b"]}},
    ],
)
def test_metadata_of_others_come_back_with_all_that_no_persona_holds(content):
    who, beyond, _ = nested.read("7", content)
    again = nested.write(who, beyond)
    assert nested.read("7", again)[0] == who
    assert flat(again) == flat(content)


def flat(value, path=()):
    """All leaves, whichever of its two names `behaviors` goes by."""
    if isinstance(value, dict):
        return {leaf for key, inner in value.items() for leaf in flat(inner, (*path, key.replace("exhibited_", "")))}
    return {json.dumps(value)}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the shared data in {SHARED}")
@pytest.mark.parametrize("n", ["116_P8", "281_P10"])
def test_real_metadata_come_back_as_they_were(n):
    content = json.loads((SHARED / f"{n}_metadata.json").read_text())
    who, beyond, unread = nested.read(n, content)
    assert not unread
    assert nested.write(who, beyond) == content
