from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tidelab.scoring.grams import Numbers, grams, matches, most

TEXT = st.text("abc", max_size=12)


def counted(text, n):
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


@given(TEXT, TEXT, st.integers(1, 6))
def test_matches_are_the_clipped_counts_of_each_order(one, other, orders):
    known = Numbers()
    made = [grams(text, orders, known) for text in (one, other)]
    assert matches(*made) == [(counted(one, n) & counted(other, n)).total() for n in range(1, orders + 1)]
    assert made[0].totals == [counted(one, n).total() for n in range(1, orders + 1)]


@given(st.lists(TEXT, min_size=1, max_size=3), TEXT)
def test_most_keeps_the_greatest_count_of_each_gram_over_texts(texts, said):
    known, union = Numbers(), [Counter(), Counter(), Counter()]
    for text in texts:
        union = [u | counted(text, n + 1) for n, u in enumerate(union)]
    made = most([grams(text, 3, known) for text in texts])
    assert matches(grams(said, 3, known), made) == [(counted(said, n + 1) & u).total() for n, u in enumerate(union)]


def test_more_symbols_than_fit_the_narrow_form_are_matched_all_the_same():
    known = Numbers()
    narrow = grams("abcabc", 6, known)
    wide = grams("abc" + "".join(chr(0x4E00 + i) for i in range(2000)), 6, known)
    assert (narrow.bits, wide.bits) == (10, 32)
    assert matches(narrow, wide) == matches(wide, narrow) == [3, 2, 1, 0, 0, 0]
    assert most([narrow, wide]).counts.sum() >= wide.counts.sum()
