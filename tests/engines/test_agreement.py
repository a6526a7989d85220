"""Two engines held against each other, token by token up to the first difference."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tidelab.engines.agreement import agreement
from tidelab.engines.base import Answer


class Letters:
    """A tokenizer whose tokens are characters."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        assert not add_special_tokens
        return {"input_ids": [ord(c) for c in text]}


def answers(*texts: str | None, stop: str = "stop") -> list[Answer]:
    return [Answer(text, "error" if text is None else stop) for text in texts]


def test_a_reply_counts_up_to_its_first_difference_and_the_turns_end_is_a_token() -> None:
    assert agreement(Letters(), answers("abc"), answers("abc")) == (1, 4, 1.0, 1.0)
    assert agreement(Letters(), answers("abcd"), answers("abxy")) == (1, 3, 1 - 1 / 3, 0.0)
    assert agreement(Letters(), answers("ab"), answers("abc")) == (1, 3, 1 - 1 / 3, 0.0), "one ended where the other went on"
    assert agreement(Letters(), answers("abc", stop="length"), answers("abc", stop="length")).tokens == 3


def test_what_has_no_text_is_left_out_and_nothing_at_all_is_no_number() -> None:
    assert agreement(Letters(), answers("a", None, "b"), answers("a", "x", None)).prompts == 1
    assert math.isnan(agreement(Letters(), answers(None), answers("a")).same_token)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=1, max_size=6))
def test_it_is_the_same_from_both_sides_and_a_share(pairs: list[tuple[str, str]]) -> None:
    one, other = answers(*(a for a, _ in pairs)), answers(*(b for _, b in pairs))
    found = agreement(Letters(), one, other)
    assert found == agreement(Letters(), other, one)
    assert 0 <= found.same_token <= 1
    assert (found.same_text == 1) == all(a == b for a, b in pairs)
