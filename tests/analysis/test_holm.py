import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.analysis.holm import holm


def test_holm_gives_the_values_of_statsmodels():
    # statsmodels 0.15 multipletests(method="holm"), the same as R's p.adjust.
    p = [0.01, 0.04, 0.03, 0.005, 0.55]
    assert holm(p) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.55])


def test_tests_that_could_not_be_made_stay_nan_and_do_not_count():
    adjusted = holm([0.02, math.nan, 0.04])
    assert adjusted[0] == pytest.approx(0.04)
    assert math.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.04)
    assert holm([]) == []
    assert math.isnan(holm([math.nan])[0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_values_never_fall_below_the_raw_nor_above_one_and_keep_their_order(p):
    adjusted = holm(p)
    assert all(raw <= a <= 1 for raw, a in zip(p, adjusted, strict=True))
    ordered = [a for _, a in sorted(zip(p, adjusted, strict=True))]
    assert ordered == sorted(ordered)
