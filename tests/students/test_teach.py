from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.students.models import FAMILIES, save, tokenizer
from tidelab.engines.base import Prompt
from tidelab.engines.chat_format import prompt_ids, prompt_text, turn_end
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students.labels import IGNORED, Example, prove, tokenize
from tidelab.students.messages import ask
from tidelab.students.teach import Lesson, teach

ROWS = [Example(f"Night {i} was bad, the sirens kept me awake.", f"It makes sense that night {i} left you tired.") for i in range(24)]
LESSON = Lesson("full", epochs=2, learning_rate=0.01, batch_size=8, max_length=256, seed=5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_training_row_is_the_prompt_of_replying_then_the_reply_as_the_template_writes_it(family: str) -> None:
    made = tokenizer(family)
    [row] = tokenize(made, ROWS[:1], 256).rows
    prompt = prompt_ids(made, ask(ROWS[0].person))
    assert row["input_ids"][: len(prompt)] == prompt
    assert row["labels"] == [IGNORED] * len(prompt) + row["input_ids"][len(prompt) :]
    assert made.decode(row["input_ids"][len(prompt) :]) == ROWS[0].chatbot + FAMILIES[family][2]
    first = prompt_text(made, ask(ROWS[0].person))
    turns = [*ask(ROWS[0].person), {"role": "assistant", "content": ROWS[0].chatbot}]
    if family not in ("gemma2", "gemma3"):  # whose template takes no system turn
        whole = made.apply_chat_template(turns, tokenize=False, enable_thinking=False)
        assert whole.startswith(first + ROWS[0].chatbot + FAMILIES[family][2])


def test_rows_that_are_too_long_are_left_out_and_counted_never_cut() -> None:
    rows = tokenize(tokenizer("qwen2"), [*ROWS[:2], Example("Hi", "word " * 300)], 256)
    assert (len(rows.rows), rows.too_long) == (2, 1)
    prove(rows.rows, turn_end(tokenizer("qwen2")))


@pytest.mark.parametrize(
    "labels",
    [[IGNORED, IGNORED, IGNORED], [IGNORED, 5, 6], [IGNORED, IGNORED, 9], [4, 9, IGNORED], [5, 5, 9]],
    ids=["none", "no end", "end alone", "end not last", "not its tokens"],
)
def test_a_row_that_would_teach_wrongly_is_refused(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="training row 0"):
        prove([{"input_ids": [4, 5, 9], "labels": labels}], end=9)


@pytest.mark.parametrize("family", FAMILIES)
def test_lora_teaches_each_architecture_and_the_adapter_changes_its_replies(family: str, tmp_path: Path) -> None:
    base = str(save(tmp_path / "base", family))
    taught = teach(base, ROWS, ROWS[:4], Lesson("lora", 3, 0.05, 8, 256, seed=5, lora_rank=4), tmp_path / "tuned")
    assert (tmp_path / "tuned" / "adapter_model.safetensors").exists()
    assert not (tmp_path / "tuned" / "model.safetensors").exists()
    assert [row["epoch"] for row in taught.curve] == [1, 2, 3]
    assert taught.curve[-1]["eval_loss"] < taught.curve[0]["eval_loss"]
    assert taught.facts["rows"] == 24
    assert 0 < taught.facts["parameters_taught"] < 20_000
    prompt = [Prompt(ask(ROWS[0].person))]
    before = TransformersEngine(base, max_new_tokens=12).answer(prompt)[0].text
    after = TransformersEngine(base, adapter=tmp_path / "tuned", max_new_tokens=12).answer(prompt)[0].text
    assert before != after


def test_full_teaching_learns_to_reply_and_to_stop(tmp_path: Path) -> None:
    base = str(save(tmp_path / "base", initializer_range=0.1))
    teach(base, ROWS, ROWS[:4], Lesson("full", 40, 0.01, 8, 256, seed=5), tmp_path / "tuned")
    [answer] = TransformersEngine(str(tmp_path / "tuned"), max_new_tokens=60).answer([Prompt(ask(ROWS[3].person))])
    assert answer.stop_reason == "stop"
    assert str(answer.text).startswith("It makes sense that night")


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    base = str(save(tmp_path / "base"))
    for name in "ab":
        teach(base, ROWS, ROWS[:4], LESSON, tmp_path / name)
    assert same(tmp_path / "a", tmp_path / "b")


def test_teaching_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TidelabError, match="changed no weight"):
        teach(str(save(tmp_path / "base", "llama")), ROWS, ROWS[:4], Lesson("full", 1, 1e-30, 8, 256, seed=5), tmp_path / "tuned")


def test_no_row_that_fits_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(TidelabError, match="max_length") as error:
        teach(str(save(tmp_path / "base")), ROWS, ROWS[:4], Lesson("full", 1, 0.01, 8, 20, seed=5), tmp_path / "tuned")
    assert "24 are longer" in error.value.what


CHILD = """
import sys
from pathlib import Path
from tests.students.test_teach import LESSON, ROWS
from tidelab.students.teach import teach

base, out, stop = sys.argv[1:]
def progress(done, total):
    print(done, flush=True)
    while done == int(stop):  # hangs here until it is killed
        pass
teach(base, ROWS, ROWS[:4], LESSON, Path(out), progress)
"""


@pytest.mark.parametrize("method", ["full"])
@pytest.mark.parametrize("step", [2, 5], ids=["in the first epoch", "in the second epoch"])
def test_a_killed_teaching_goes_on_and_ends_with_the_same_weights(step: int, method: str, tmp_path: Path) -> None:
    base = str(save(tmp_path / "base"))
    whole = teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "whole")
    steps: list[int] = []
    arguments = [sys.executable, "-c", CHILD, base, str(tmp_path / "cut"), str(step)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            steps.append(int(line))
            if steps[-1] == step:
                time.sleep(0.2)
                os.kill(child.pid, signal.SIGKILL)
                break
    assert steps[-1] == step
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    seen: list[int] = []
    resumed = teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "cut", lambda done, _total: seen.append(done))
    assert seen[0] == (1 if step < 3 else 4), "did not go on at the last whole epoch"
    assert same(tmp_path / "whole", tmp_path / "cut")
    assert resumed.curve == whole.curve


def test_a_checkpoint_cut_off_by_a_crash_is_not_resumed_from(tmp_path: Path) -> None:
    base = str(save(tmp_path / "base"))
    teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "whole")
    half = tmp_path / "cut" / "checkpoints" / "checkpoint-3"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    teach(base, ROWS, ROWS[:4], LESSON, tmp_path / "cut")
    assert same(tmp_path / "whole", tmp_path / "cut")


def same(a: Path, b: Path) -> bool:
    one, other = load_file(a / "model.safetensors"), load_file(b / "model.safetensors")
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)
