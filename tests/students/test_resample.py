"""teacher@resample, against a server that speaks a provider's protocol: it answers every test conversation, and once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from tests.engines.fake_provider import FakeProvider
from tests.students.test_stage import corpus
from tidelab.cli.watch import Silent
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.run.cells import Cell
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.students import stage


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
