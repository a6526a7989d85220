import math

import polars as pl
import pytest

from tidelab.cli.watch import Silent
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Reply, Score, frame, records
from tidelab.run import Cell, RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.scoring import stage

TALK = ["I hear how frightened you were.", "It makes sense that you feel alone.", "You held on through that night.", "What was it like?"]
CHEAP = ["rouge_l", "meteor", "length", "distinct_2"]
ROWS = 10


class Crash(BaseException):
    """Stands for a kill at this very moment: nothing catches it."""


def experiment(metrics, encoder="all-MiniLM-L6-v2"):
    return Experiment(students=["nano:1m"], scoring={"metrics": metrics, "encoder": encoder})


def before(study):
    """The cells that scoring reads: ten test conversations (and a training one), and each system's replies; row 3 has none."""

    def split(work):
        rows = [
            Conversation(
                conversation_id=f"c{i:02}", persona_id="p", person=TALK[i % 3], chatbot=f"{TALK[i % 4]} {TALK[(i + 1) % 4]}",
                split="test" if i < ROWS else "train", source="sample" if i % 2 else "rehearsal",
            )
            for i in range(ROWS + 1)
        ]  # fmt: skip
        work.write("conversations", frame(Conversation, rows))

    def replies(system_id):
        def write(work):
            texts = [TALK[(i + len(system_id)) % 4] if i != 4 else "" for i in range(ROWS)]
            rows = [
                Reply(conversation_id=f"c{i:02}", system_id=system_id, text=None, stop_reason="error", unscored_reason="the model is gone")
                if i == 3
                else Reply(conversation_id=f"c{i:02}", system_id=system_id, text=text, stop_reason="stop")
                for i, text in enumerate(texts)
            ]
            work.write("replies", frame(Reply, rows))

        return Cell(f"replies/{system_id}", {}, write)

    return [Cell("corpus/split", {}, split), *(replies(s.system_id) for s in study.systems())]


def run(path, study):
    directory = RunDirectory(path, create=True)
    run_cells(directory, [*before(study), *stage.cells(study)], Silent(), Local())
    return directory


def tables(directory, study):
    return {cell.name: pl.read_parquet(directory.cell_dir(cell.name) / "scores.parquet") for cell in stage.cells(study)}


def test_one_cell_per_system_and_metric_reads_the_split_and_the_systems_replies():
    cells = {cell.name: cell for cell in stage.cells(experiment(["rouge_l", "cosine", "rouge_l"]))}
    assert list(cells)[:2] == ["scores/floor:constant/rouge_l", "scores/floor:constant/cosine"]
    assert len(cells) == 5 * 2
    cell = cells["scores/nano-1m@fine-tuned/cosine"]
    assert cell.needs == ("corpus/split", "replies/nano-1m@fine-tuned")
    assert cell.decides["metric"] == "cosine"
    assert cell.decides["encoder"].startswith("all-MiniLM-L6-v2@")
    assert "encoder" not in cells["scores/floor:echo/rouge_l"].decides


def test_scores_are_valid_records_and_a_missing_reply_is_unscored_with_its_own_reason_in_every_metric(tmp_path):
    study = experiment(["cosine", "bertscore", *CHEAP])
    directory = run(tmp_path / "run", study)
    for name, table in tables(directory, study).items():
        rows = records(Score, table)
        parts = {row.metric for row in rows}
        assert parts == ({"bertscore_p", "bertscore_r", "bertscore_f1"} if name.endswith("bertscore") else {name.split("/")[2]})
        assert len(rows) == ROWS * len(parts)
        for row in rows:
            assert row.system_id == name.split("/")[1]
            assert row.signature.startswith(row.metric)
            if row.conversation_id == "c03":
                assert math.isnan(row.value)
                assert row.reason == "the model is gone"
            elif row.conversation_id == "c04" and not name.endswith(("rouge_l", "meteor", "length")):
                assert math.isnan(row.value)
                assert row.reason
            else:
                assert not math.isnan(row.value)
                assert row.reason == ""
    notes = directory.done("scores/floor:echo/distinct_2")["notes"]["corpus"]
    assert set(notes) == {"rehearsal/distinct_2", "sample/distinct_2"}
    assert directory.done("scores/floor:echo/cosine")["notes"] == {"truncated_replies": 0, "truncated_references": 0}


def test_a_cell_killed_between_batches_ends_with_the_same_bytes_as_one_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "ROWS", 3)
    study = experiment(["cosine", "bertscore", "meteor"])
    whole = tables(run(tmp_path / "whole", study), study)
    stage._shared.cache_clear()
    score, calls = stage.score, []

    def killed(*arguments):
        calls.append(1)
        if len(calls) % 7 == 0:
            raise Crash
        return score(*arguments)

    monkeypatch.setattr(stage, "score", killed)
    for _ in range(100):
        try:
            broken = run(tmp_path / "broken", study)
            break
        except Crash:
            stage._shared.cache_clear()  # a new process knows nothing
    assert len(calls) > 21
    for name, table in tables(broken, study).items():
        assert table.equals(whole[name], null_equal=True), name


def test_two_runs_in_one_process_share_no_references(tmp_path):
    study = experiment(["rouge_l"])
    run(tmp_path / "one", study)
    settings = study.scoring.model_dump_json()
    first = stage._shared(settings, ("other",))
    assert stage._shared(settings, ("other",)) is first
    assert stage._shared(settings, ("another",)) is not first
    assert stage._shared.cache_info().currsize == 1


def test_a_reply_to_an_unknown_conversation_is_a_bug_and_not_dropped(tmp_path):
    study = experiment(["rouge_l"])
    cells = before(study)
    stray = Reply(conversation_id="nowhere", system_id="floor:echo", text="x", stop_reason="stop")
    cells[2] = Cell(cells[2].name, {}, lambda work: work.write("replies", frame(Reply, [stray])))
    with pytest.raises(ValueError, match="1 replies belong to no conversation"):
        run_cells(RunDirectory(tmp_path / "run", create=True), [*cells, *stage.cells(study)], Silent(), Local())


def test_before_a_run_unknown_metrics_and_encoders_are_found():
    with pytest.raises(TidelabError, match="unknown metric `rogue_l`"):
        stage.check(experiment(["cosine", "rogue_l"]))
    with pytest.raises(TidelabError, match="no encoder"):
        stage.check(experiment(["cosine"], encoder="no-such-directory/none"))
    stage.check(experiment(["rouge_l"], encoder="no-such-directory/none"))
    stage.check(experiment(["cosine"]))
