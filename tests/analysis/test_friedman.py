import math

import numpy as np
import pytest

from tests.analysis.goldens import POSTHOC
from tidelab.analysis.friedman import after, friedman

CASES = POSTHOC["friedman"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{len(c['table'])}x{len(c['table'][0])}")
def test_statistic_and_post_hoc_tests_are_those_of_scipy_and_scikit_posthocs(case):
    table = np.array(case["table"])
    found = friedman(table)
    assert found.statistic == pytest.approx(case["statistic"], rel=1e-6)
    assert found.p == pytest.approx(case["p"], rel=1e-6)
    for pair in after(table):
        assert pair.p_nemenyi == pytest.approx(case["nemenyi"][pair.first][pair.second], abs=1e-5)
        assert pair.p_conover == pytest.approx(case["conover"][pair.first][pair.second], abs=1e-8)


def test_whole_agreement_is_a_w_of_one_and_the_pairs_have_numbers():
    table = np.tile([1.0, 2.0, 4.0], (6, 1))
    found = friedman(table)
    assert found.w == pytest.approx(1)
    assert found.mean_ranks == (1, 2, 3)
    assert all(p.p_conover == 0 and p.p_wilcoxon_holm == pytest.approx(min(1, 3 * p.p_wilcoxon)) for p in after(table))


def test_all_tied_is_said_and_no_nan_comes_without_a_word():
    found = friedman(np.full((5, 3), 2.0))
    assert math.isnan(found.p)
    assert found.reason == "every participant rates all systems the same"
    assert [math.isnan(p.p_nemenyi) for p in after(np.full((5, 3), 2.0))] == [True] * 3


def test_one_participant_and_one_system_are_nothing_to_test():
    assert "2 at least" in friedman(np.array([[1.0, 2.0]])).reason
    assert "nothing to compare" in friedman(np.ones((9, 1))).reason


def test_means_that_differ_by_rounding_only_are_ties():
    table = np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2], [1.0, 1.0]])
    assert "the same" in friedman(table).reason
