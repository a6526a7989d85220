"""teacher@resample and served students, against a server that speaks a provider's protocol."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from tests.engines.fake_provider import FakeProvider
from tests.students.test_stage import corpus
from tidelab.cli.watch import Silent
from tidelab.engines.base import Answer
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment, Student
from tidelab.run.cells import Cell
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.students import stage
from tidelab.students.asked import _without_thinking
from tidelab.students.roster import identity


def study(teacher: str, **changes: object) -> Experiment:
    return Experiment.model_validate({"students": ["nano:0.3m"], "corpus": {"teacher": teacher, "resample": True} | changes})


def replying(experiment: Experiment) -> list[Cell]:
    return [c for c in stage.cells(experiment) if c.name == "replies/teacher@resample"]


def test_the_teacher_answers_what_students_are_asked_and_no_answer_is_paid_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDELAB_COMPATIBLE_API_KEY", "right-key")
    with FakeProvider() as server:
        experiment = study(f"openai-compatible:{server.url}/v1#fake-1")
        run = RunDirectory(tmp_path / "run", create=True)
        run_cells(run, [*corpus(), *replying(experiment)], Silent(), Local())
        table = pl.read_parquet(run.cell_dir("replies/teacher@resample") / "replies.parquet")
        assert table["conversation_id"].to_list() == [f"c{i}" for i in range(14, 20)]
        assert set(table["system_id"]) == {"teacher@resample"}
        assert set(table["engine"]) == {"openai-compatible:fake-1"}
        assert table["text"].null_count() == 0
        assert sorted(server.ledger.given.values()) == [1] * 6
        (run.cell_dir("replies/teacher@resample") / "done.json").unlink()
        run_cells(run, [*corpus(), *replying(experiment)], Silent(), Local())
        assert sorted(server.ledger.given.values()) == [1] * 6


SERVED = "openai-compatible:http://127.0.0.1:8000/v1#Qwen/Qwen3-4B"


def test_a_served_student_is_asked_greedily_and_one_that_dies_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDELAB_COMPATIBLE_API_KEY", "right-key")
    monkeypatch.setattr("tidelab.engines.remote.FIRST_WAIT", 0.001)
    run = RunDirectory(tmp_path / "run", create=True)

    def served(url: str) -> list[Cell]:
        student = {"model": f"openai-compatible:{url}/v1#fake-1", "conditions": ["zero-shot"]}
        experiment = Experiment.model_validate({"students": [student], "calls": {"concurrency": 1}})
        return [*corpus(), *(c for c in stage.cells(experiment) if c.name in ("replies/fake-1@zero-shot", "students/roster"))]

    with FakeProvider() as server:
        url = server.url
    monkeypatch.setattr("tidelab.engines.remote.CALLS", 1)
    with pytest.raises(TidelabError):
        run_cells(run, served(url), Silent(), Local())  # nobody answers at that address any more
    assert not (run.cell_dir("replies/fake-1@zero-shot") / "done.json").exists()
    with FakeProvider() as server:
        run_cells(run, served(server.url), Silent(), Local())
    table = pl.read_parquet(run.cell_dir("replies/fake-1@zero-shot") / "replies.parquet")
    assert table["text"].null_count() == 0
    assert set(table["engine"]) == {"openai-compatible:fake-1, greedy"}
    sizes = pl.read_parquet(run.cell_dir("students/roster") / "students.parquet").to_dicts()
    assert [(r["student"], r["family"], r["parameters"]) for r in sizes] == [("fake-1", "served", 0)]


def test_greedy_is_asked_for_and_only_where_it_was_wanted() -> None:
    from tidelab.engines.base import Prompt, dialogue
    from tidelab.engines.openai import OpenAI

    bodies = [
        OpenAI("openai-compatible", "m", "none", "http://127.0.0.1:8000/v1", timeout=1, concurrency=1, greedy=greedy).body(
            Prompt(dialogue("", "Hi")), "schema", 9
        )
        for greedy in (True, False)
    ]
    assert bodies[0]["temperature"] == 0
    assert "temperature" not in bodies[1]


def test_a_served_student_has_a_name_no_address_in_its_fingerprint_and_is_never_taught() -> None:
    student = Student(model=SERVED, conditions=["zero-shot"])
    assert student.name == "Qwen3-4B"
    assert identity(SERVED) == {"model": "openai-compatible:Qwen/Qwen3-4B"}
    with pytest.raises(ValidationError, match="can't be taught here"):
        Experiment.model_validate({"students": [SERVED]})
    with pytest.raises(TidelabError, match="needs its URL"):
        stage.check(Experiment.model_validate({"students": [{"model": "openai-compatible:m", "conditions": ["zero-shot"]}]}))


@pytest.mark.parametrize(
    ("said", "text", "reason"),
    [
        ("<think>Well.</think>\n\nI hear you.", "I hear you.", ""),
        ("<think>Well", None, "thought aloud and never began to reply"),
        ("I hear you.", "I hear you.", ""),
    ],
)
def test_what_a_servers_model_thinks_aloud_is_taken_off(said: str, text: str | None, reason: str) -> None:
    answer = _without_thinking(Answer(said, "stop"))
    assert (answer.text, answer.reason) == (text, reason)


def test_it_is_a_system_of_its_own_and_only_where_it_was_asked_for() -> None:
    systems = [s.system_id for s in study("anthropic:m").systems()]
    assert systems[3] == "teacher@resample"
    assert "teacher@resample" not in [s.system_id for s in study("anthropic:m", resample=False).systems()]


@pytest.mark.parametrize("teacher", [None, "rehearsal"])
def test_without_a_teacher_behind_an_api_it_is_refused(teacher: str | None) -> None:
    with pytest.raises(ValidationError, match=r"give corpus\.teacher as"):
        Experiment.model_validate({"students": ["nano:1m"], "corpus": {"teacher": teacher, "resample": True}})


def test_a_missing_key_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(TidelabError, match="no key for anthropic"):
        stage.check(study("anthropic:m"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "some-key")
    stage.check(study("anthropic:m"))


def test_the_servers_address_is_in_no_fingerprint() -> None:
    [cell] = replying(study("openai-compatible:http://127.0.0.1:8000/v1#m"))
    assert "127.0.0.1" not in str(cell.decides)
