"""The chat formats of the roster's families, by the templates that trl ships: what the hub's models are spoken to with."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.engines.base import Message, dialogue
from tidelab.engines.chat_format import THOUGHT, prompt_ids, prompt_text, thinking, turn_end
from tidelab.errors import TidelabError
from tidelab.students.labels import IGNORED, Example, prove, tokenize
from tidelab.students.messages import ask

# format -> special tokens, begin token, what ends a turn, where a reply begins
FORMATS: dict[str, tuple[list[str], str, str, str]] = {
    "qwen2_5": (["<|im_start|>", "<|im_end|>"], "", "<|im_end|>", "<|im_start|>assistant\n"),
    "qwen3": (["<|im_start|>", "<|im_end|>"], "", "<|im_end|>", "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
    "llama3_2": (
        ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "<|begin_of_text|>",
        "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    "gemma3": (["<start_of_turn>", "<end_of_turn>"], "<bos>", "<end_of_turn>", "<start_of_turn>model\n"),
    "gemma": (["<start_of_turn>", "<end_of_turn>"], "<bos>", "<end_of_turn>", "<start_of_turn>model\n"),
    "phi3": (["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"], "", "<|end|>", "<|assistant|>\n"),
    "deepseek_r1_distill": (
        ["<｜User｜>", "<｜Assistant｜>"],
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        "<｜Assistant｜><think>\n\n</think>\n\n",
    ),
    "lfm2": (["<|im_start|>", "<|im_end|>"], "<|startoftext|>", "<|im_end|>", "<|im_start|>assistant\n"),
}
SYSTEM, PERSON, REPLY = "Answer with empathy.", "I can't sleep.", "It makes sense that you are tired."


@cache
def tokenizer(name: str) -> Any:
    """A tokenizer of bytes with the family's special tokens and its real template; it adds a begin token by itself, as Llama's does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special, begin, end, _ = FORMATS[name]
    begin = begin or "<|begin|>"
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    tokens = list(dict.fromkeys(["<pad>", begin, "<|document end|>", *special, end]))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator([SYSTEM], trainers.BpeTrainer(vocab_size=300, special_tokens=tokens, initial_alphabet=alphabet))
    bpe.post_processor = processors.TemplateProcessing(single=f"{begin} $A", special_tokens=[(begin, 1)])
    last = end if name in ("qwen3", "deepseek_r1_distill") else "<|document end|>"
    made = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=begin, eos_token=last, pad_token="<pad>")
    made.chat_template = (resources.files("trl") / "chat_templates" / f"{name}.jinja").read_text("utf-8")
    return made


@pytest.mark.parametrize("name", FORMATS)
def test_the_prompt_ends_where_the_reply_begins_with_thinking_switched_off(name: str) -> None:
    assert prompt_text(tokenizer(name), dialogue(SYSTEM, PERSON)).endswith(FORMATS[name][3])


@pytest.mark.parametrize("name", FORMATS)
def test_there_is_one_begin_token_where_the_family_has_one_and_none_elsewhere(name: str) -> None:
    ids = prompt_ids(tokenizer(name), dialogue(SYSTEM, PERSON))
    assert ids.count(1) == bool(FORMATS[name][1])
    assert 1 not in ids[1:]


@pytest.mark.parametrize("name", FORMATS)
def test_the_system_prompt_stands_once_and_before_the_person(name: str) -> None:
    text = prompt_text(tokenizer(name), dialogue(SYSTEM, PERSON))
    assert text.count(SYSTEM) == text.count(PERSON) == 1
    assert text.index(SYSTEM) < text.index(PERSON)
    folded = text.index(PERSON) - text.index(SYSTEM) - len(SYSTEM) == 2
    assert folded == (name in ("gemma", "gemma3")), "a family without system turn has it at the head of the person's turn"


@pytest.mark.parametrize("name", FORMATS)
def test_the_turns_end_is_the_familys_and_it_is_learnt(name: str) -> None:
    made = tokenizer(name)
    assert made.convert_ids_to_tokens(turn_end(made)) == FORMATS[name][2]
    [row] = tokenize(made, [Example(PERSON, REPLY)], 1000).rows
    prove([row], turn_end(made))
    learnt = [label for label in row["labels"] if label != IGNORED]
    assert made.decode(learnt) == REPLY + FORMATS[name][2]
    assert row["input_ids"][: -len(learnt)] == prompt_ids(made, ask(PERSON))


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in ("deepseek_r1_distill", "gemma")])
def test_a_training_row_is_what_the_template_writes_for_the_whole_conversation(name: str) -> None:
    made = tokenizer(name)
    [row] = tokenize(made, [Example(PERSON, REPLY)], 1000).rows
    turns: list[Message] = [*ask(PERSON), {"role": "assistant", "content": REPLY}]
    whole = made.apply_chat_template(turns, tokenize=False, date_string="26 Jul 2024")
    assert whole.startswith(made.decode(row["input_ids"]))


def test_the_day_on_which_a_prompt_is_made_is_not_in_it() -> None:
    text = prompt_text(tokenizer("llama3_2"), dialogue(SYSTEM, PERSON))
    assert "Today Date: 26 Jul 2024" in text
    import copy

    other = copy.copy(tokenizer("llama3_2"))
    other.chat_template = "{{ strftime_now('%d %B %Y') }} {{ messages[-1]['content'] }}"
    assert prompt_text(other, dialogue(SYSTEM, PERSON)) == "26 July 2024 " + PERSON


def test_a_template_that_fails_is_the_users_to_mend() -> None:
    import copy

    broken = copy.copy(tokenizer("qwen2_5"))
    broken.chat_template = "{{ raise_exception('only tools') }}"
    with pytest.raises(TidelabError, match="only tools") as error:
        prompt_text(broken, dialogue(SYSTEM, PERSON))
    assert "chat_template.jinja" in error.value.mend


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_thinking_is_counted_and_what_is_left_is_the_reply(thought: str, reply: str) -> None:
    made = tokenizer("qwen3")
    said = reply.replace(THOUGHT, "")
    before = made(f"<think>{thought}</think>", add_special_tokens=False)["input_ids"]
    after = made(said, add_special_tokens=False)["input_ids"]
    count, ended = thinking(made, before + after)
    assert ended
    assert count == len(before)
    assert made.decode((before + after)[count:]) == made.decode(after)


def test_a_reply_without_thinking_has_none_and_endless_thinking_has_no_end() -> None:
    made = tokenizer("qwen3")

    def told(text: str) -> tuple[int, bool]:
        return thinking(made, made(text, add_special_tokens=False)["input_ids"])

    assert told("") == (0, True)
    assert told("I think <b>so</b>.") == (0, True)
    assert told("so I thought</think>Hi")[0] == len(made("so I thought</think>", add_special_tokens=False)["input_ids"])
    assert not told("<think>and on")[1]
    assert told("<think>and on")[0] > 5
