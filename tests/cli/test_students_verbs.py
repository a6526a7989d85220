"""`tide students`: what each verb prints, to people and to machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.students.models import save
from tests.study import tide
from tidelab.errors import TidelabError
from tidelab.students.known import known


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> str:
    # The sample's conversations in so small a tokenizer's tokens: a few fit, if the context is long.
    return str(save(tmp_path_factory.mktemp("models") / "tiny", max_position_embeddings=4096))


def test_list_tells_of_every_known_model_without_a_hub() -> None:
    code, output = tide("students", "list", "--json", "--length", "256", "--batch", "4")
    told = json.loads(output)
    assert code == 0
    assert [row["model"] for row in told["students"]] == list(known())
    assert all(0 < row["memory"]["answer"] < row["memory"]["full"] for row in told["students"])
    assert "unverified" in told["source"]


def test_list_is_readable_and_names_what_is_gated(student: str) -> None:
    _, output = tide("students", "list")
    assert "google/gemma-3-1b-it" in output.partition("Gated")[2]
    code, output = tide("students", "list", student)
    assert code == 0
    assert "its own" in output


def test_show_paints_the_row_and_the_prompt(student: str) -> None:
    code, output = tide("students", "show", student)
    assert code == 0
    assert "learnt (green)" in output
    row, _, prompt = output.replace("\n", "").replace("|", "").partition("prompt: ")
    assert row.endswith("<im_end>")
    assert "<im_start>assistant⏎a reply is over at: <im_end>" in prompt
    told = json.loads(tide("students", "show", student, "--json")[1])
    learnt = [token for token in told["row"] if token["learnt"]]
    assert learnt[-1]["text"] == "<|im_end|>"
    assert [t["id"] for t in told["row"]][: len(told["prompt"])] == [t["id"] for t in told["prompt"]]


def test_a_student_is_taught_replies_and_leaves_merged(student: str, tmp_path: Path) -> None:
    sets = [
        f"--set={s}" for s in ("training.max_length=2000", "training.epochs=0.05", "training.batch_size=4", "training.learning_rate=0.01")
    ]
    code, output = tide("students", "teach", student, "--out", str(tmp_path / "run"), "--json", *sets)
    assert code == 0
    [taught] = json.loads(output.splitlines()[-1])["taught"]
    assert taught["student"] == "tiny"
    assert taught["steps"] >= 1
    assert not (tmp_path / "run" / "replies").exists()
    arguments = ("students", "export", taught["directory"], "--out", str(tmp_path / "merged"), "--limit", "2", "--json")
    assert json.loads(tide(*arguments)[1])["compared"]["difference"] < 1e-3
    said = ("--max-new-tokens", "5", "I can't sleep.", "The sirens woke me.")
    both = [tide("students", "reply", place, *said, "--json")[1].splitlines() for place in (taught["directory"], str(tmp_path / "merged"))]
    assert both[0] == both[1]
    first = json.loads(both[0][0])
    assert (first["conversation_id"], first["person"], first["reply_tokens"]) == ("text-1", "I can't sleep.", 5)


def test_reply_answers_a_data_set_a_line_each_and_shows_its_prompts(student: str) -> None:
    code, output = tide("students", "reply", student, "--data", "sample", "--limit", "3", "--max-new-tokens", "2", "--batch", "2")
    assert code == 0
    assert [json.loads(line)["stop_reason"] for line in output.splitlines()] == ["length"] * 3
    assert tide("students", "reply", student, "Hi", "--show-prompts")[1].strip().endswith("<|im_start|>assistant")


def test_reply_without_words_or_with_both_is_the_users_to_mend(student: str) -> None:
    for more in ((), ("Hi", "--data", "sample")):
        with pytest.raises(TidelabError, match="not clear"):
            tide("students", "reply", student, *more)
