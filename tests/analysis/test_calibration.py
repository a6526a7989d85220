"""The committed error rates hold what the pages promise, and a live sample of the same simulations agrees with them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
FOUND = json.loads((ROOT / "benchmarks/results/calibration.json").read_text("utf-8"))
CLOSED = {n: t for n, t in FOUND["tests"].items() if t["kind"] == "closed form" and not n.startswith("WRONG")}
MODELS = {n: t for n, t in FOUND["tests"].items() if t["kind"] == "model" and not n.startswith("WRONG")}


def test_closed_form_tests_reject_at_most_six_in_a_hundred_true_nulls_over_ten_thousand_studies():
    assert len(CLOSED) == 12
    for name, test in CLOSED.items():
        assert test["studies"] + test["without_result"] == 10_000, name
        assert test["high"] <= 0.06, name


def test_mixed_models_are_shown_over_five_hundred_studies_and_none_rejects_too_often():
    assert len(MODELS) == 6
    for name, test in MODELS.items():
        assert test["studies"] + test["without_result"] == 500, name
        assert test["without_result"] <= 5, name
        assert test["verdict"] != "too often", name


def test_every_simulation_is_on_the_page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import calibrate

    page = (ROOT / "docs/statistics/calibration.md").read_text("utf-8")
    for name in (*calibrate.closed_form(), *calibrate.models()):
        assert name in page


def test_bca_intervals_over_a_hundred_personas_hold_the_truth_93_to_97_times_in_a_hundred():
    assert {c["personas"] for c in FOUND["coverage"]} == {10, 25, 50, 100}
    for row in FOUND["coverage"]:
        if row["personas"] == 100 and row["method"] == "bca":
            assert 0.93 <= row["coverage"] <= 0.97, row


def test_each_tests_own_page_shows_its_figures_and_no_simulation_is_left_out():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from make_calibration_page import SHOWN
    finally:
        sys.path.pop(0)
    shown = {what for some in SHOWN.values() for what in some}
    assert shown == {*FOUND["tests"], "coverage"}
    rejected = FOUND["tests"]["Holm over 3 students, any rejection"]["rejected"]
    text = (ROOT / "docs/statistics/holm.md").read_text("utf-8")
    assert f"any rejection: {rejected:.3f} (".replace("0.", ".") in text


def test_the_pages_are_what_the_results_say():
    done = subprocess.run(
        [sys.executable, "tools/make_calibration_page.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_live_sample_of_the_sign_flip_simulation_agrees_with_the_committed_rate(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import calibrate

    found = calibrate.rate(calibrate.closed_form()["sign-flip over personas"], 400, "live")
    assert found["low"] <= FOUND["tests"]["sign-flip over personas"]["rejected"] <= found["high"]
    wrong = calibrate.rate(calibrate.closed_form()["WRONG: t-test over rows as if independent"], 200, "live")
    assert wrong["low"] > 0.1


def test_simulated_ratings_have_the_scale_and_the_balance_that_the_page_tells_of(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import calibrate

    c = calibrate.study(np.random.default_rng(1))
    assert set(np.unique(c.y)) <= {1, 2, 3, 4, 5}
    assert [int(((c.participant == 0) & (c.system == s)).sum()) for s in range(3)] == [4, 4, 4]
