import json

import polars as pl

from tests.report import runs
from tidelab.analysis import stage


def test_each_question_is_a_cell_whose_table_and_json_agree(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine", "bertscore", "cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    for question in ("means", "gains", "ceiling"):
        folder = run.cell_dir(f"analysis/{question}")
        table = pl.read_parquet(folder / f"{question}.parquet")
        found = json.loads((folder / "result.json").read_text("utf-8"))
        assert len(found.get("rows", found.get("points"))) == len(table) == run.done(f"analysis/{question}")["tables"][question]
    assert len(pl.read_parquet(run.cell_dir("analysis/means") / "means.parquet")) == 5 * 4  # systems x parts, a metric named twice once
    assert json.loads((run.cell_dir("analysis/gains") / "result.json").read_text())["settings"]["resamples"] == 200


def test_seed_resamples_and_confidence_decide_the_fingerprint_and_nothing_else_of_the_experiment():
    def decides(**more):
        return [cell.decides for cell in stage.cells(runs.experiment(**more))]

    assert decides() == decides(engine={"batch_size": 3}) == decides(limits={"free_disk_gb": 9})
    assert decides() != decides(seed=8)
    assert decides() != decides(analysis={"confidence": 0.9})


def test_the_cells_need_the_scores_of_every_system_and_metric():
    means, gains, ceiling = stage.cells(runs.experiment())
    assert len([n for n in means.needs if n.startswith("scores/")]) == 9 * 6
    assert means.needs == gains.needs
    assert set(ceiling.needs) == {"analysis/means", "students/roster"}
