import math

import numpy as np
import pytest

from tests.analysis.goldens import POSTHOC, R
from tidelab.analysis.benjamini_hochberg import benjamini_hochberg
from tidelab.analysis.icc import icc
from tidelab.analysis.tost import tost

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_the_six_forms_are_those_that_shrout_and_fleiss_published():
    assert [round(i.value, 2) for i in icc(SHROUT_FLEISS)] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


def test_values_and_intervals_are_those_of_psych():
    for found, value, low, high in zip(icc(SHROUT_FLEISS), *(R["icc"][c] for c in ("icc", "low", "high")), strict=True):
        assert (found.value, found.low, found.high) == pytest.approx((value, low, high), rel=1e-6)


def test_each_form_has_both_names():
    assert [(i.shrout_fleiss, i.mcgraw_wong) for i in icc(SHROUT_FLEISS)][1:3] == [("ICC(2,1)", "ICC(A,1)"), ("ICC(3,1)", "ICC(C,1)")]


def test_raters_who_contradict_each_other_have_a_negative_value_that_is_kept():
    assert icc(np.array([[1.0, 5.0], [5.0, 1.0], [2.0, 4.0], [4.0, 2.5]]))[0].value < -0.5


@pytest.mark.parametrize(
    ("table", "reason"), [(np.ones((5, 1)), "two of each"), (np.ones((1, 4)), "two of each"), (np.ones((5, 4)), "the same")]
)
def test_what_has_no_correlation_says_why(table, reason):
    for found in icc(table):
        assert math.isnan(found.value) and reason in found.reason


def test_raters_who_agree_wholly_reach_one():
    assert icc(np.repeat([[1.0], [3.0], [5.0]], 3, axis=1))[0].value == pytest.approx(1)


def test_tost_is_that_of_statsmodels():
    g = POSTHOC["tost"]
    d = np.array(g["differences"])
    found = tost(d.mean(), d.std(ddof=1) / math.sqrt(len(d)), len(d) - 1, g["margin"])
    assert (found.p, found.p_lower, found.p_upper) == pytest.approx((g["p"], g["p_lower"], g["p_upper"]), rel=1e-6)
    assert found.verdict == "non-inferior"


@pytest.mark.parametrize(
    ("difference", "se", "verdict"),
    [(0.0, 0.1, "equivalent"), (0.8, 0.1, "non-inferior"), (-0.9, 0.1, "inferior"), (-0.4, 0.3, "undecided")],
)
def test_the_four_verdicts_follow_from_where_the_interval_lies(difference, se, verdict):
    assert tost(difference, se, 40, 0.5).verdict == verdict


def test_a_difference_that_is_not_significant_is_no_equivalence():
    found = tost(0.1, 0.4, 20, 0.5)
    assert found.low < 0 < found.high
    assert found.verdict == "undecided"


def test_no_spread_at_all_and_no_margin_are_answered():
    assert tost(0.2, 0.0, 10, 0.5).verdict == "equivalent"
    assert tost(-0.6, 0.0, 10, 0.5).verdict == "inferior"
    assert math.isnan(tost(0.2, 0.1, 10, 0.0).p)


def test_benjamini_and_hochberg_as_in_statsmodels_and_nan_stays_out_of_the_family():
    assert benjamini_hochberg(POSTHOC["p"]) == pytest.approx(POSTHOC["benjamini_hochberg"])
    mixed = benjamini_hochberg([0.04, math.nan, 0.01])
    assert math.isnan(mixed[1]) and mixed[::2] == pytest.approx([0.04, 0.02])
