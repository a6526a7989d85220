"""The cells of the analysis: one for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidelab.analysis import of_ratings
from tidelab.run.cells import Cell, Work

if TYPE_CHECKING:
    import polars as pl

    from tidelab.analysis.result import Answer
    from tidelab.experiment import Experiment

EMPATHY = ("cosine", "factors", "judge_overall")
"""Metrics whose rise is held against serious failures, where a study scores them."""
CURVE_RESAMPLES = 1_000


def cells(experiment: Experiment) -> list[Cell]:
    """One cell for each question; each writes its tables and `result.json`. What will be tested is written first of all."""
    metrics = dict.fromkeys(experiment.scoring.metrics)
    scores = tuple(cell for s in experiment.systems() for cell in experiment.scores_of(s))
    settings = {"resamples": experiment.analysis.resamples, "confidence": experiment.analysis.confidence, "seed": experiment.seed}
    students = {"students": [student.name for student in experiment.students]}
    corpus = ("corpus/split", *scores)
    points = tuple(f"scores/{s.system_id}/{metric}" for s in experiment.curve_systems() for metric in metrics)
    curve = (*corpus, "students/systems", *points)
    curves = {**settings, "resamples": CURVE_RESAMPLES, "smallest_effect": experiment.analysis.smallest_effect}
    claims = {**settings, **students, "claims": _claims_text(experiment)}
    words = _preregistered(experiment)
    rated = (of_ratings.COLLECTED,) if experiment.study.ratings else ()
    return [
        Cell("analysis/preregistration", {"text": words}, _preregistration, needs=()),
        Cell("analysis/means", settings, _means, needs=corpus, version=3),
        Cell("analysis/gains", {**settings, **students}, _gains, needs=corpus, version=4),
        Cell("analysis/by_scenario", {"confidence": experiment.analysis.confidence, **students}, _by_scenario, needs=corpus),
        Cell("analysis/ceiling", {}, _ceiling, needs=("analysis/means", "students/roster"), version=3),
        Cell("analysis/gap_closed", {**settings, **students}, _gap_closed, needs=corpus, version=2),
        *([Cell("analysis/safe", {**settings, **students}, _safe, needs=corpus)] if "safety" in metrics else []),
        Cell("analysis/learning_curves", curves, _learning_curves, needs=curve, version=4),
        Cell("analysis/claims", claims, _claims, needs=(*corpus, "students/roster", "analysis/learning_curves", *rated)),
        *of_ratings.cells(experiment),
    ]


def check(experiment: Experiment) -> None:
    """Claims and ratings can be read, before hours of work."""
    _claims_text(experiment)
    of_ratings.check(experiment)


def _preregistered(experiment: Experiment) -> str:
    from tidelab.analysis.ask import Asked
    from tidelab.analysis.claims import read
    from tidelab.analysis.preregistration import preregistration

    a, study = experiment.analysis, experiment.study
    how = Asked(
        confidence=a.confidence,
        resamples=a.resamples,
        seed=experiment.seed,
        reference=study.reference,
        margin=study.margin,
        rules=study.exclude,
        k=of_ratings.K,
    )
    return preregistration(how, read(experiment.analysis.claims), experiment)


def _claims_text(experiment: Experiment) -> list[dict[str, Any]]:
    from tidelab.analysis.claims import read

    return [claim.model_dump() for claim in read(experiment.analysis.claims)]


def _preregistration(work: Work) -> None:
    from tidelab.analysis.preregistration import digest, keep
    from tidelab.analysis.result import to_json

    text = work.cell.decides["text"]
    keep(work.run.path, text)
    work.write_text("preregistration.md", text)
    work.write_text("result.json", to_json({"sha256": digest(text)}))


def write(work: Work, answer: Answer) -> None:
    """A question's tables and `result.json`, the whole answer with its reading."""
    for name, table in answer.tables().items():
        work.write(name, table)
    work.write_text("result.json", answer.to_json())


def _scores(work: Work) -> pl.DataFrame:
    import polars as pl

    return pl.concat(work.read(cell, "scores") for cell in work.cell.needs if cell.startswith("scores/"))


def _means(work: Work) -> None:
    from tidelab.analysis import means

    d = work.cell.decides
    conversations = work.read("corpus/split", "conversations")
    found = means.means(_scores(work), conversations, resamples=d["resamples"], confidence=d["confidence"], seed=d["seed"])
    write(work, means.answer(found))


def _gains(work: Work) -> None:
    from tidelab.analysis import gains
    from tidelab.analysis.gains_over_students import gains_over_students

    d = work.cell.decides
    conversations, scores = work.read("corpus/split", "conversations"), _scores(work)
    found = gains.gains(scores, conversations, d["students"], resamples=d["resamples"], confidence=d["confidence"], seed=d["seed"])
    write(work, gains.answer(found, gains_over_students(scores, conversations, d["students"], confidence=d["confidence"])))


def _by_scenario(work: Work) -> None:
    from tidelab.analysis.by_scenario import by_scenario

    d = work.cell.decides
    write(work, by_scenario(_scores(work), _conversations(work), d["students"], confidence=d["confidence"]))


def _gap_closed(work: Work) -> None:
    from tidelab.analysis import gap_closed

    d = work.cell.decides
    conversations, settings = work.read("corpus/split", "conversations"), {k: d[k] for k in ("resamples", "confidence", "seed")}
    write(work, gap_closed.answer(gap_closed.gap_closed(_scores(work), conversations, d["students"], **settings)))


def _safe(work: Work) -> None:
    from tidelab.analysis.safe import safe
    from tidelab.safety.axes import NAMES

    d, scores = work.cell.decides, _scores(work)
    pairs = [(f"{name}@zero-shot", f"{name}@fine-tuned") for name in d["students"]]
    failures = ("serious_failure", *NAMES)
    write(work, safe(scores, _conversations(work), failures, empathy=EMPATHY, pairs=pairs, confidence=d["confidence"]))


def _learning_curves(work: Work) -> None:
    from tidelab.analysis.learning_curves import learning_curves

    d, scores, conversations = work.cell.decides, _scores(work), work.read("corpus/split", "conversations")
    taught = dict(work.read("students/systems", "systems").filter("curve").select("system_id", "conversations").iter_rows())
    write(work, learning_curves(scores, conversations, taught, **{k: d[k] for k in ("smallest_effect", "resamples", "confidence", "seed")}))


def _claims(work: Work) -> None:
    from tidelab.analysis.claims import Claim, Data, verdicts
    from tidelab.analysis.of_run import unreal

    d, scores, conversations = work.cell.decides, _scores(work), _conversations(work)
    tested = conversations.join(scores.select("conversation_id").unique(), on="conversation_id", how="semi")
    rated = of_ratings.COLLECTED in work.cell.needs
    data = Data(
        ratings=work.read(of_ratings.COLLECTED, "ratings") if rated else None,
        scores=scores,
        conversations=conversations,
        students=d["students"],
        curves=work.read("analysis/learning_curves", "curves"),
        unreal=unreal(tested, work.read("students/roster", "students")),
        seed=d["seed"],
        resamples=d["resamples"],
    )
    write(work, verdicts([Claim.model_validate(c) for c in d["claims"]], data))


def _conversations(work: Work) -> pl.DataFrame:
    from tidelab.analysis.of_run import with_scenarios

    return with_scenarios(work.read("corpus/split", "conversations"), work.read("corpus/split", "scenarios"))


def _ceiling(work: Work) -> None:
    from tidelab.analysis.ceiling import ceiling

    write(work, ceiling(work.read("analysis/means", "means"), work.read("students/roster", "students")).answer())
