"""iEval's published ratings. Not part of the project; skipped where they are absent."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.study import tide
from tidelab.analysis.ratings import read
from tidelab.analysis.systems import systems

FILE = Path(os.environ.get("TIDELAB_SHARED", Path(__file__).parents[3] / "shared" / "data")) / "ieval" / "ieval_data.json"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason=f"needs the shared data {FILE} (set TIDELAB_SHARED to the folder above it)")


def test_every_rating_of_the_file_is_read_and_used():
    found = read(FILE)
    assert (found.rows, found.unused) == (19_200, 0)
    assert found.table["participant_id"].n_unique() == 240
    assert found.table["system_id"].unique().sort().to_list() == ["Green", "Pink", "Purple", "Yellow"]
    raw = json.loads(FILE.read_text("utf-8"))[3]["negative"]["Yellow"]["EU"]
    one = found.table.filter(
        pl.col("participant_id") == "task-003",
        pl.col("valence") == "negative",
        pl.col("system_id") == "Yellow",
        pl.col("factor") == "understood emotions",
    )
    assert one["value"].to_list() == [raw]


def test_the_friedman_claims_hold_and_of_the_two_correlations_one_fails():
    code, said = tide("analyse", "--ratings", str(FILE), "--claims", "ieval", "--json")
    rows = {r["id"]: r for r in json.loads(said)["answers"]["claims"]["parts"]["claims"]["rows"]}
    assert code == 0
    assert {i: r["verdict"] for i, r in rows.items()} == {
        "systems-differ-after-positive-scenarios": "supported",
        "systems-differ-after-negative-scenarios": "supported",
        "understanding-and-responding-correlate": "supported",
        "attention-and-sense-correlate": "contradicted",
    }
    assert rows["understanding-and-responding-correlate"]["value"] == pytest.approx(0.878, abs=0.0005)
    assert rows["attention-and-sense-correlate"]["value"] == pytest.approx(0.848, abs=0.0005)
    assert "290.37" in rows["systems-differ-after-positive-scenarios"]["why"]


def test_the_models_converge_on_the_real_ratings_and_agree_with_scipys_friedman():
    table = read(FILE).table.filter(pl.col("factor") == "likable", pl.col("valence") == "negative")
    (test,) = systems(table).parts["tests"].rows
    wide = table.pivot(on="system_id", index="participant_id", values="value").drop("participant_id").to_numpy()
    expected = stats.friedmanchisquare(*wide.T)
    assert test.friedman == pytest.approx(expected.statistic)
    assert test.lmm_converged and test.ordinal == "clmm"
    assert max(test.p_lmm, test.p_ordinal, test.p_friedman) < 1e-20
    assert np.isfinite([test.sd_participant, test.sd_residual]).all()
