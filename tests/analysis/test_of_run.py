"""What a run's tables hold for questions asked of it later."""

import polars as pl

from tests.report import runs
from tidelab import settings
from tidelab.analysis import of_run
from tidelab.cli.watch import Silent
from tidelab.records import Score, frame
from tidelab.run import atomic
from tidelab.run.cells import Cell
from tidelab.run.executor import Local, run_cells


def test_scores_of_a_judge_enter_the_questions_once_it_has_judged(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine"]}, analysis={"resamples": 200})
    run = runs.make(tmp_path / "run", experiment, personas={"rehearsal": 6}, until="analysis")
    assert set(of_run.data(run.path).scores["metric"]) == {"cosine"}

    def judge(work):
        score = {"metric": "judge_overall", "value": 4.0, "signature": "judge_overall|fit:unexamined|v:1"}
        work.write("scores", frame(Score, [Score(conversation_id="rehearsal-000-0", system_id="floor:echo", **score)]))

    run_cells(run, [Cell(f"scores/{s.system_id}/judge", {}, judge) for s in experiment.systems()], Silent(), Local())
    scoring = experiment.scoring.model_copy(update={"judges": ["anthropic:some-model"]})  # as `tide score --judge` leaves it
    atomic.write_text(run.path / "experiment.yaml", settings.dump(experiment.model_copy(update={"scoring": scoring})))
    scores = of_run.data(run.path).scores
    assert scores.filter(pl.col("metric") == "judge_overall")["value"].to_list() == [4.0] * len(experiment.systems())
