"""The students' cells on a corpus of a few rows; what the whole study makes of them is tested in tests/test_study.py."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.students.models import save
from tidelab.cli.watch import Silent
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Persona, Reply, frame, records, schema
from tidelab.run.cells import Cell, Work
from tidelab.run.directory import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.run.fingerprint import fingerprints
from tidelab.students import stage
from tidelab.students.messages import ask
from tidelab.students.similar import similar
from tidelab.text import encoder

SPLITS = ["train"] * 12 + ["validation"] * 2 + ["test"] * 5


def conversation(i: int, split: str, person: str = "") -> Conversation:
    return Conversation(
        conversation_id=f"c{i:02}",
        persona_id=f"p{i}",
        person=person or f"Night {i}: the sirens woke me, and I lay awake.",
        chatbot=f"It makes sense that night {i} left you tired.",
        split=split,
        source="sample" if i % 2 else "rehearsal",
    )


def corpus() -> list[Cell]:
    def read(work: Work) -> None:
        work.write("everyday", pl.DataFrame({"person": ["I missed my bus."] * 25, "chatbot": ["How annoying. What now?"] * 25}))

    def split(work: Work) -> None:
        rows = [conversation(i, split) for i, split in enumerate(SPLITS)]
        work.write("conversations", frame(Conversation, [*rows, conversation(19, "test", person="word " * 5000)]))
        work.write(
            "personas", frame(Persona, [Persona(persona_id="p14", age=70, education="doctorate"), Persona(persona_id="p15", age=30)])
        )

    return [Cell("corpus/read", {}, read), Cell("corpus/split", {}, split, needs=("corpus/read",))]


def experiment(student: Path, **changes: object) -> Experiment:
    shown = {"model": str(student), "conditions": ["zero-shot", "few-shot", "fine-tuned"], "shots": 2}
    return Experiment.model_validate(
        {
            "students": ["nano:0.3m", shown],
            "training": {"method": "lora", "epochs": 1, "batch_size": 4, "max_length": 200, "learning_rate": 0.01},
            "nano": {"vocabulary": 300, "pretrain_rows": 25, "pretrain_epochs": 1},
            "engine": {"batch_size": 2, "max_new_tokens": 6},
        }
        | changes
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDirectory, Path]:
    student = save(tmp_path_factory.mktemp("models") / "tiny-qwen2")
    run = RunDirectory(tmp_path_factory.mktemp("run") / "run", create=True)
    run_cells(run, [*corpus(), *stage.cells(experiment(student))], Silent(), Local())
    return run, student


SYSTEMS = [
    "floor:constant",
    "floor:echo",
    "floor:nearest",
    "nano-0.3m@zero-shot",
    "nano-0.3m@fine-tuned",
    "tiny-qwen2@zero-shot",
    "tiny-qwen2@few-shot",
    "tiny-qwen2@fine-tuned",
]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_answers_every_test_conversation_in_their_order(made: tuple[RunDirectory, Path], system: str) -> None:
    table = pl.read_parquet(made[0].cell_dir(f"replies/{system}") / "replies.parquet")
    assert dict(table.schema) == schema(Reply)
    replies = records(Reply, table)
    assert [r.conversation_id for r in replies] == [f"c{i}" for i in range(14, 20)]
    assert {r.system_id for r in replies} == {system}
    unscored = [r.conversation_id for r in replies if r.text is None]
    assert unscored == ([] if system.startswith("floor") else ["c19"]), "only the 5,000 words are too many, and only for a student"
    assert all(r.unscored_reason for r in replies if r.text is None)


def test_how_replies_ended_is_noted_apart_for_each_source(made: tuple[RunDirectory, Path]) -> None:
    notes = (made[0].done("replies/floor:nearest") or {})["notes"]["behaviour"]
    assert set(notes) == {"sample", "rehearsal"}
    assert notes["sample"]["replies"] + notes["rehearsal"]["replies"] == 6
    assert notes["sample"]["copied"]["verbatim"] == 1.0
    assert notes["sample"]["stopped"] == 1.0


def test_the_roster_has_a_row_for_each_student(made: tuple[RunDirectory, Path]) -> None:
    table = pl.read_parquet(made[0].cell_dir("students/roster") / "students.parquet")
    assert table.select("student", "family", "nano").rows() == [("nano-0.3m", "lfm2", True), ("tiny-qwen2", "qwen2", False)]
    assert (table["non_embedding"] < table["parameters"]).all()


def test_fine_tuning_leaves_a_curve_and_a_lora_adapter(made: tuple[RunDirectory, Path]) -> None:
    for student in ("nano-0.3m", "tiny-qwen2"):
        cell = made[0].cell_dir(f"students/{student}@fine-tuned")
        assert pl.read_parquet(cell / "curve.parquet").columns == ["step", "epoch", "train_loss", "eval_loss"]
        assert (cell / "adapter_model.safetensors").exists()


def test_a_second_run_does_nothing_and_other_engine_settings_only_answer_again(made: tuple[RunDirectory, Path]) -> None:
    run, student = made
    assert run_cells(run, [*corpus(), *stage.cells(experiment(student))], Silent(), Local()) == []
    other = experiment(student, engine={"batch_size": 2, "max_new_tokens": 5})
    again = run_cells(run, [*corpus(), *stage.cells(other)], Silent(), Local())
    assert again == [f"replies/{s}" for s in SYSTEMS if "@" in s]


def test_the_place_of_a_local_student_is_in_no_fingerprint(tmp_path: Path) -> None:
    for cell in stage.cells(experiment(save(tmp_path / "tiny-qwen2"))):
        assert str(tmp_path) not in str(cell.decides), cell.name


def test_a_student_that_is_not_there_is_refused_before_the_run() -> None:
    with pytest.raises(TidelabError, match="no such model directory"):
        stage.check(experiment(Path("/no/such/model")))


def test_a_few_shot_prompt_shows_training_conversations_and_is_longer_for_it(made: tuple[RunDirectory, Path]) -> None:
    def prompts(condition: str) -> pl.DataFrame:
        return pl.read_parquet(made[0].cell_dir(f"replies/tiny-qwen2@{condition}") / "replies.parquet").filter(pl.col("text").is_not_null())

    zero, few = prompts("zero-shot"), prompts("few-shot")
    assert (few["prompt_tokens"].to_numpy() > zero["prompt_tokens"].to_numpy() + 40).all()
    again = Experiment.model_validate(
        experiment(made[1]).model_dump() | {"students": ["nano:0.3m", {**experiment(made[1]).students[1].model_dump(), "shots": 3}]}
    )
    changed = {c.name for c in stage.cells(again)} & {"replies/tiny-qwen2@few-shot"}
    hashes = [fingerprints([*corpus(), *stage.cells(e)]) for e in (experiment(made[1]), again)]
    assert {name for name in hashes[0] if hashes[0][name] != hashes[1][name]} == changed


def test_of_the_examples_shown_the_most_similar_stands_next_to_the_question() -> None:
    train = [("I hear sirens.", "Loud."), ("My sister left.", "You miss her."), ("An ambulance siren woke me.", "It brings it back.")]
    [found] = similar(train, encoder.load(), 2)(["The siren of an ambulance woke me up."])
    assert [reply for _, reply in found] == ["It brings it back.", "Loud."]
    turns = ask("The siren of an ambulance woke me up.", found[::-1])
    assert [t["role"] for t in turns] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [t["content"] for t in turns[3:]] == [
        "An ambulance siren woke me.",
        "It brings it back.",
        "The siren of an ambulance woke me up.",
    ]
    assert len(similar(train, encoder.load(), 9)(["x"])[0]) == 3


def test_a_nano_student_may_be_pre_trained_on_fewer_rows_and_never_on_more_than_there_are(made: tuple[RunDirectory, Path]) -> None:
    def rows(count: int | None) -> object:
        student = {"model": "nano:0.3m"} | ({"pretrain_rows": count} if count else {})
        study = experiment(made[1], students=[student])
        return next(c.decides["rows"] for c in stage.cells(study) if c.name == "students/nano-0.3m/base")

    assert (rows(None), rows(10), rows(1000)) == (25, 10, 25)
