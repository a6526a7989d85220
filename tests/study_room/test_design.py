"""study.yaml: what is wrong in it is told with its line, and nobody is asked before its owner has written what only they can write."""

import pytest
import yaml

from tests.study import tide
from tests.study_room.studies import CONSENT, design, make_run, small, written
from tidelab.errors import TidelabError
from tidelab.study import begin, items, planned
from tidelab.study.assign import Showing
from tidelab.study.design import Design, defaults, load
from tidelab.study.steps import steps


def test_a_study_that_is_written_reads_back_the_same(tmp_path):
    made = design()
    (tmp_path / "study.yaml").write_text(made.text())
    assert load(tmp_path / "study.yaml") == made


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scales": []}, "scales"),
        ({"systems": ["a", "a"]}, "names one twice"),
        ({"per_participant": {"items": 50, "systems": 4}}, "more than there are items"),
        ({"returns": {"prolific": "http://example.org"}}, "https"),
        ({"colour": "blue"}, "`colour` is no setting"),
        ({"format": 2}, "format"),
        ({"consent": {"version": "1", "txt": "x"}}, "did you mean `text`"),
        ({"check": [{"name": "q", "ask": "?", "options": {"a": "A"}}]}, "says which answer is `right`"),
        ({"screening": [{"name": "q", "ask": "?", "options": {"a": "A"}, "excludes": ["b"]}]}, "none of the options"),
        ({"demographics": [{"name": "emotion_recognition", "ask": "?"}]}, "two questions are called"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, change, told):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(design().model_dump(mode="json") | change, sort_keys=False))
    with pytest.raises(TidelabError) as error:
        load(path)
    assert told in str(error.value) and str(path) in str(error.value)


def test_nobody_is_asked_before_contact_consent_and_resources_are_written():
    assert design().unready() == []
    fresh = Design.model_validate(defaults() | {"items": ["a"], "systems": ["b"], "per_participant": {"items": 1, "systems": 1}})
    assert [line.partition(":")[0] for line in fresh.unready()] == ["contact", "consent.text", "resources"]
    assert design(consent={"version": "1", "text": "short"}).unready()
    assert design(consent={"version": "1", "text": CONSENT + " [who pays]"}).unready()


def test_the_number_wanted_makes_no_new_version_and_a_word_of_a_scale_does():
    made = design()
    assert made.sha256() == design(target=500).sha256()
    assert made.sha256() != design(instructions="Other words.").sha256()


def test_init_samples_by_theme_and_writes_a_protocol_with_the_sample_size(tmp_path):
    run = make_run(tmp_path / "run", 12)
    code, out = tide("study", "init", "--run", str(run.path), "--items", "6", "--per-items", "3", "--simulations", "10")
    assert code == 0 and "before people can take part" in out
    made = load(run.path / "study" / "study.yaml")
    assert len(made.items) == 6 and made.systems[0] == "reference" and len(made.systems) == 4
    themes = [int(i[1:]) % 3 for i in made.items]
    assert all(themes.count(t) == 2 for t in range(3))
    protocol = (run.path / "study" / "protocol.md").read_text()
    assert "Analysis plan" in protocol and "| participants |" in protocol and "[" in protocol
    with pytest.raises(TidelabError, match="already has a study"):
        tide("study", "init", "--run", str(run.path))
    assert tide("study", "init", "--run", str(run.path), "--replace", "--simulations", "0")[0] == 0


def test_the_protocol_says_what_the_study_does(tmp_path):
    run = written(make_run(tmp_path / "run"), small())
    text = " ".join(begin.protocol(run, small(), [], 0.8, 0.05).read_text().split())
    assert planned.__doc__ and "Satterthwaite" in planned.__doc__ and "Satterthwaite's degrees of freedom" in text
    assert "degree of freedom less" not in text and "Before consent participants are told" not in text
    kinds = [s.kind for s in steps(small(), None, ("guilt", "sleep"))]
    assert kinds.index("topics") == kinds.index("consent") + 1 and "A content warning says so right after consent" in text
    assert "Nobody reads answers in real time: participants are told so beside each box" in text
    assert "then deleted by itself" not in text and "a server that runs does so once a day" in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_beside_each_box_for_free_text_it_says_that_nobody_reads_along(language):
    said = {"en": "Nobody reads along", "es": "Nadie lo lee mientras escribe"}[language]
    asked = [{"name": "now", "ask": "And now?", "hint": "In brief."}, {"name": "then", "ask": "?"}]
    more = [{"name": "life", "title": "Life", "questions": asked}]
    made = small(open_text=True, questionnaires=more).model_copy(update={"languages": [language]})
    path = steps(made, [Showing("c000", "reference", 1, 1)], ())
    hints = {q.name: q.hint for s in path for q in s.questions if not q.options}
    assert hints.keys() == {"now", "then", "words", "comment"} and all(said in hint for hint in hints.values())
    assert hints["now"].startswith("In brief. ") and not any(said in q.hint for s in path for q in s.questions if q.options)


def test_a_system_or_item_that_the_run_has_not_is_told(tmp_path):
    run = make_run(tmp_path / "run")
    with pytest.raises(TidelabError, match="no replies of `absent`"):
        begin.design(run, ["absent"], 5, (5, 4), seed=1, name="x")
    with pytest.raises(TidelabError, match="`c999` is no test conversation"):
        items.stimuli(run, ["c999"], ["reference"])


@pytest.mark.parametrize("more", [["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--behind-proxy", "127.0.0.1", "--preview"], []])
def test_the_server_refuses_to_start_in_the_open_or_without_its_owners_words(tmp_path, more):
    run = make_run(tmp_path / "run")
    (run.path / "study").mkdir()
    made = small() if "--host" in more else small(contact="")
    (run.path / "study" / "study.yaml").write_text(made.text())
    with pytest.raises(TidelabError):
        tide("study", "serve", "--run", str(run.path), *more)
    assert not (run.path / "study" / "study.db").exists()
