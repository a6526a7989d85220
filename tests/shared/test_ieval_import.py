"""The published study iEval imports in one command, and its known figures come out (../shared/data/README.md)."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.study import tide

PLACE = Path(os.environ.get("TIDELAB_SHARED", Path(__file__).parents[3] / "shared" / "data")) / "ieval" / "ieval_data.json"
pytestmark = pytest.mark.skipif(not PLACE.exists(), reason="needs the shared data")


def test_ieval_imports_whole_and_its_friedman_statistics_come_out(tmp_path):
    from scipy.stats import friedmanchisquare

    code, out = tide("study", "import", str(PLACE), "--map", "ieval", "--out", str(tmp_path))
    assert code == 0 and "tasks are taken as raters" in out and "agreement is not computable: no item is shared" in out
    ratings = pl.read_parquet(tmp_path / "ratings.parquet")
    assert ratings.height == 240 * 2 * 4 * 10 and ratings["participant_id"].n_unique() == 240
    assert pl.read_parquet(tmp_path / "quarantine.parquet").height == 0
    order = ratings.select("participant_id", "conversation_id").unique(maintain_order=True)
    half = order.with_columns(scenario=pl.int_range(pl.len()).over("participant_id"))
    empathetic = (
        ratings.filter(pl.col("factor").is_in(["EU", "ER"]))
        .group_by("participant_id", "conversation_id", "system_id")
        .agg(pl.col("value").mean())
    )
    for scenario, known in ((0, 226.827), (1, 193.940)):
        here = empathetic.join(half.filter(pl.col("scenario") == scenario), on=["participant_id", "conversation_id"])
        wide = here.pivot(on="system_id", index="participant_id", values="value").drop("participant_id").to_numpy()
        assert wide.shape == (240, 4)
        assert friedmanchisquare(*np.transpose(wide)).statistic == pytest.approx(known, abs=2e-3)
