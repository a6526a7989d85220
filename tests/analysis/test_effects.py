import math

import numpy as np
import pytest

from tidelab.analysis.effects import rank_biserial, standardized


def test_d_z_is_the_paired_t_over_the_root_of_n():
    differences = np.array([0.2, -0.1, 0.4, 0.3, 0.05])
    from scipy.stats import ttest_1samp

    assert standardized(differences)[0] == pytest.approx(ttest_1samp(differences, 0).statistic / math.sqrt(5))


def test_rank_biserial_follows_kerbys_simple_difference():
    # Ranks 1..5, the smallest against: (14 - 1) / 15.
    assert rank_biserial(np.array([-0.1, 0.2, 0.3, 0.4, 0.5]))[0] == pytest.approx(13 / 15)
    assert rank_biserial(np.array([1.0, 2.0, 0.0]))[0] == 1
    assert rank_biserial(np.array([-1.0, -2.0]))[0] == -1


def test_where_there_is_no_effect_size_the_reason_says_why():
    for differences, words in ((np.zeros(5), "the same"), (np.full(5, 0.1), "the same"), (np.array([1.0]), "fewer than 2")):
        value, reason = standardized(differences)
        assert math.isnan(value)
        assert words in reason
    value, reason = rank_biserial(np.zeros(3))
    assert math.isnan(value)
    assert "zero" in reason
    value, reason = rank_biserial(np.array([]))
    assert math.isnan(value)
    assert reason
