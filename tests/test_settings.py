"""Settings: each fault named with its place and mend, each value with its origin."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tidelab.errors import TidelabError
from tidelab.experiment import FLOORS
from tidelab.settings import dump, presets, resolve


def study(tmp_path: Path, text: str) -> str:
    path = tmp_path / "study.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def fault(which: str, *sets: str, **environment: str) -> TidelabError:
    with pytest.raises(TidelabError) as caught:
        resolve(which, sets, environment)
    return caught.value


@pytest.mark.parametrize("name", sorted(presets()))
def test_every_preset_is_valid_and_survives_being_written_out(name: str, tmp_path: Path) -> None:
    experiment = resolve(name, (), {}).experiment
    assert resolve(study(tmp_path, dump(experiment)), (), {}).experiment == experiment


@pytest.mark.parametrize(
    ("text", "line", "what", "mend"),
    [
        ("students: [nano:1m]\nsede: 3\n", 2, "`sede` is no setting", "did you mean `seed`?"),
        ("students: [nano:1m]\ntraining:\n  epoch: 3\n", 3, "`training.epoch` is no setting", "did you mean `epochs`?"),
        ("students:\n  - model: nano:1m\n    epocs: 3\n", 3, "`students.0.epocs` is no setting", "did you mean `epochs`?"),
        ("students: [nano:1m]\nseed: soon\n", 2, "valid integer", "give `seed`"),
        ("students: [nano:1m]\nseed: -1\n", 2, "greater than or equal to 0", "give `seed`"),
        ("students: [nano:1m]\ntraining:\n  method: dora\n", 3, "'lora', 'qlora' or 'full'", "give `training.method`"),
        ("students: []\n", 1, "at least 1 item", "give `students`"),
        ("name: x\nstudents: nano:1m\n", 2, "valid list", "give `students`"),
        ("students: [nano:1m]\nname: a b\n", 2, "match pattern", "give `name`"),
        ("students: [a/x, b/x]\n", 0, "two students are called 'x'", ""),
        ("name: x\n", 0, "`students` is missing", "add `students"),
        ("students: [nano:1m]\nseed: 1\nseed: 2\n", 3, "`seed` stands twice", "keep one"),
        ("students: [nano:1m\nseed: 1\n", 2, "not readable YAML", "mend the YAML"),
        ("students:\n\t- nano:1m\n", 2, "not readable YAML", "mend the YAML"),
        ("- just\n- a list\n", 1, "not a mapping", "students"),
        ("", 1, "not a mapping", "students"),
    ],
)
def test_a_fault_in_the_file_names_line_and_mend(tmp_path: Path, text: str, line: int, what: str, mend: str) -> None:
    if not text:
        assert "`students` is missing" in str(fault(study(tmp_path, text)))
        return
    error = fault(study(tmp_path, text))
    assert what in str(error) and mend in error.mend
    assert error.where.endswith(f"study.yaml:{line}" if line else "study.yaml")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = str(fault(study(tmp_path, "students: [nano:1m]\nsede: 3\nseed: soon\n")))
    assert "sede" in told and "valid integer" in told and told.count("mend:") == 2


def test_a_file_that_is_not_utf8_or_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: caf\xe9".encode("latin-1"))
    assert "not UTF-8" in str(fault(str(path)))
    assert "did you mean 'quick'?" in fault("quik").mend
    assert "no file" in str(fault(str(tmp_path)))


def test_later_origins_win_and_are_told(tmp_path: Path) -> None:
    path = study(tmp_path, "students: [nano:1m]\nseed: 1\ntraining:\n  epochs: 2\n")
    environment = {"TIDELAB_TRAINING__EPOCHS": "5", "TIDELAB_SEED": "2", "HOME": "/nowhere", "TIDELAB_SHARED": "/data"}
    resolved = resolve(path, ["seed=3", "students.0.epochs=9"], environment)
    experiment = resolved.experiment
    assert (experiment.seed, experiment.training.epochs, experiment.students[0].epochs) == (3, 5, 9)
    origins = {setting: origin for setting, _, origin in resolved.rows()}
    assert origins["seed"] == "--set" and origins["students.0.epochs"] == "--set"
    assert origins["training.epochs"] == "environment TIDELAB_TRAINING__EPOCHS"
    assert origins["students.0.model"] == f"{path}:1" and origins["engine.batch_size"] == "default"


def test_a_list_of_students_can_be_set_and_each_leaf_knows_it() -> None:
    resolved = resolve("quick", ["students=[/models/tiny, {model: nano:1m, epochs: 1}]"], {})
    assert [s.name for s in resolved.experiment.students] == ["tiny", "nano-1m"]
    origins = {setting: origin for setting, _, origin in resolved.rows()}
    assert origins["students.0.model"] == origins["students.1.epochs"] == "--set" and origins["students.0.epochs"] == "default"


@pytest.mark.parametrize(
    ("assignment", "what"),
    [
        ("seed", "no assignment"),
        ("students.9.epochs=1", "none of them"),
        ("trainin.epochs=1", "did you mean `training`"),
        ("students.x=1", "none of them"),
    ],
)
def test_a_bad_override_is_named_as_such(assignment: str, what: str) -> None:
    error = fault("quick", assignment)
    assert error.where == "--set" and what in str(error)


def test_a_misspelt_environment_variable_is_not_silently_ignored() -> None:
    error = fault("quick", TIDELAB_TRAINING__EPOCS="3")
    assert error.where == "environment TIDELAB_TRAINING__EPOCS" and "did you mean `epochs`" in error.mend


def test_systems_are_named_as_the_design_names_them() -> None:
    systems = resolve("quick", ["students=[nano:3m, {model: org/Tiny-1B, conditions: [zero-shot]}]"], {}).experiment.systems()
    assert [s.system_id for s in systems] == [*FLOORS, "nano-3m@zero-shot", "nano-3m@fine-tuned", "Tiny-1B@zero-shot"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=8), s, max_size=3),
        max_leaves=8,
    )
)
def test_no_document_whatever_leads_to_anything_but_an_experiment_or_a_told_error(
    tmp_path_factory: pytest.TempPathFactory, document: object
) -> None:
    path = tmp_path_factory.mktemp("any") / "study.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    told = None
    try:
        resolve(str(path), (), {})
    except TidelabError as error:
        told = error
    assert told is None or (told.mend and told.where)
