import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidelab.text import small_model, wording


def test_equal_wording_gives_equal_features_whatever_case_and_apostrophe():
    rows = wording.features(["You're SAFE now.", "you’re safe now."], np.zeros((2, 4)))
    assert (rows[0] == rows[1]).all()
    assert rows.shape == (2, wording.BUCKETS + len(wording.cues()) + 4)


def test_a_cue_is_found_where_its_words_stand_and_not_elsewhere():
    names = list(wording.cues())
    asks, breath = names.index("question_mark"), names.index("technique_named")
    found = wording.found_cues(["How are you?", "Breathe in slowly.", "The sea was calm."])
    assert found[:, asks].tolist() == [1, 0, 0]
    assert found[:, breath].tolist() == [0, 1, 0]


@given(st.text(max_size=300))
def test_any_text_has_finite_features(text):
    row = wording.features([text], np.ones((1, 3)))[0]
    assert np.isfinite(row).all()
    assert 0 <= np.linalg.norm(row[: wording.BUCKETS]) <= 2.001


def test_no_cue_is_slow_on_a_long_text():
    assert wording.found_cues(["don't you " * 20_000]).shape == (1, len(wording.cues()))


def test_weights_of_a_texts_own_fold_score_it_and_set_zero_scores_all_others(tmp_path):
    weights = np.array([[[1.0], [0.0]], [[5.0], [2.0]]])  # [sets, features + 1, classes]
    small_model.save(tmp_path / "m.npz", {"w": weights}, {"seen  before": 1}, "v0")
    with np.load(tmp_path / "m.npz") as kept:
        model = small_model.SmallModel(
            "m", {"w": kept["w"].astype(np.float32)}, {bytes(m): int(f) for m, f in zip(kept["marks"], kept["folds"], strict=True)}, "v0"
        )
    sets = model.sets(["seen before", "new"])
    assert sets.tolist() == [1, 0]
    assert model.linear("w", np.array([[3.0], [3.0]], np.float32), sets).ravel().tolist() == [17.0, 3.0]


@pytest.mark.parametrize("scores", [[[0.0, 0.0]], [[1000.0, -1000.0]], [[-5.0, 3.0]]])
def test_softmax_sums_to_one_even_for_large_scores(scores):
    assert small_model.softmax(np.array(scores)).sum() == pytest.approx(1)
