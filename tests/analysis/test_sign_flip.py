import math

import numpy as np
import pytest
from scipy import stats

from tidelab.analysis.sign_flip import sign_flip
from tidelab.analysis.wilcoxon import wilcoxon

# Darwin's maize: heights of 15 cross- minus self-fertilized pairs, eighths of an inch. Fisher (1935, section 21) counted that 863 of the
# 32,768 sign patterns give a total as large or larger; both tails: 1,726, p = .0527.
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def test_fishers_count_for_darwins_maize_is_met_exactly_and_by_drawing(monkeypatch):
    import tidelab.analysis.sign_flip as module

    drawn = sign_flip(DARWIN, flips=40_000, seed="darwin")
    assert drawn.method == "40,000 flips"
    assert drawn.p == pytest.approx(1726 / 32768, abs=0.004)
    monkeypatch.setattr(module, "EXACT_UP_TO", 15)
    exact = sign_flip(DARWIN, flips=1, seed="")
    assert exact.method == "exact"
    assert exact.p == pytest.approx(1726 / 32768)


def test_up_to_fourteen_personas_the_test_is_exact_and_equals_scipys():
    differences = np.random.default_rng(2).normal(0.3, 1, size=10)
    theirs = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip(differences, flips=1, seed="").p == pytest.approx(theirs)


def test_a_drawn_p_is_never_zero():
    assert sign_flip(np.full(40, 1.0), flips=999, seed="x").p == pytest.approx(1 / 1000)


def test_all_zero_differences_give_p_one():
    assert sign_flip(np.zeros(8), flips=99, seed="x").p == 1
    assert sign_flip(np.zeros(30), flips=99, seed="x").p == 1


def test_one_persona_or_none_gives_no_p_and_a_reason():
    for differences in (np.array([0.3]), np.array([])):
        found = sign_flip(differences, flips=99, seed="x")
        assert math.isnan(found.p)
        assert "fewer than 2 personas" in found.reason


def test_drawing_goes_in_blocks_with_the_same_result(monkeypatch):
    import tidelab.analysis.sign_flip as module

    differences = np.random.default_rng(2).normal(0.3, 1, size=20)
    whole = sign_flip(differences, flips=5000, seed="b")
    monkeypatch.setattr(module, "BLOCK", 20 * 777)
    assert sign_flip(differences, flips=5000, seed="b") == whole


@pytest.mark.parametrize("personas", [8, 25])
def test_without_an_effect_five_percent_of_tests_come_out_below_five_percent(personas):
    rng = np.random.default_rng(17)
    trials = 600
    p = [sign_flip(rng.standard_t(3, size=personas), flips=199, seed=str(i)).p for i in range(trials)]
    rate = np.mean(np.array(p) <= 0.05)
    assert rate <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    assert rate >= 0.02  # and it is no test that never rejects


def test_with_an_effect_it_is_found():
    rng = np.random.default_rng(18)
    found = [sign_flip(rng.normal(0.8, 1, size=25), flips=199, seed=str(i)).p <= 0.05 for i in range(100)]
    assert np.mean(found) > 0.9


def test_wilcoxon_gives_the_published_value_for_darwins_maize():
    p, reason = wilcoxon(DARWIN)
    assert p == pytest.approx(0.04126, abs=5e-6)
    assert not reason


def test_wilcoxon_without_a_moved_persona_says_why_it_has_no_p():
    p, reason = wilcoxon(np.zeros(10))
    assert math.isnan(p)
    assert "zero" in reason
    p, reason = wilcoxon(np.array([1.0]))
    assert math.isnan(p)
    assert "fewer than 2" in reason
    p, _ = wilcoxon(np.array([0.0, 0.0, 0.2]))
    assert p == 1
