import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tidelab.analysis.metrics_people import metrics_people
from tidelab.records import Score, frame


def made(replies=60, systems=3, noise=0.5, seed=1, people=3, useless=True):
    """Ratings follow `good` and not `bad`."""
    draw, ratings, scores = np.random.default_rng(seed), [], []
    for i in range(replies):
        for s in range(systems):
            quality = draw.normal(0.3 * s, 1)
            for p in range(people):
                value = 3 + quality + draw.normal(0, noise)
                ratings.append(
                    {"conversation_id": f"c{i:03}", "system_id": f"s{s}", "participant_id": f"p{p}", "factor": "e", "value": value}
                )
            for metric, value in (("good", quality + draw.normal(0, 0.4)), ("bad", draw.normal()))[: 1 + useless]:
                scores.append(Score(conversation_id=f"c{i:03}", system_id=f"s{s}", metric=metric, value=value, signature="x"))
    return pl.DataFrame(ratings), frame(Score, scores)


def run(ratings, scores, **more):
    answer = metrics_people(ratings, scores, resamples=more.pop("resamples", 1000), **more)
    return answer, {(c.metric, c.level): c for c in answer.parts["correlations"].rows}


def test_correlations_are_those_of_scipy_and_the_useless_metric_holds_zero():
    ratings, scores = made()
    answer, found = run(ratings, scores)
    means = ratings.group_by("conversation_id", "system_id").agg(pl.col("value").mean().alias("rating"))
    both = scores.filter(pl.col("metric") == "good").join(means, on=["conversation_id", "system_id"])
    good = found["good", "reply"]
    assert good.pearson == pytest.approx(stats.pearsonr(both["value"], both["rating"]).statistic)
    assert good.spearman == pytest.approx(stats.spearmanr(both["value"], both["rating"]).statistic)
    assert good.pearson_low > 0.7
    assert found["bad", "reply"].spearman_low < 0 < found["bad", "reply"].spearman_high
    assert "good follows people most" in answer.reading[0]


def test_the_interval_is_over_conversations_so_that_copies_do_not_narrow_it():
    ratings, scores = made(useless=False)
    tripled = [t.with_columns(system_id=pl.col("system_id") + f"-{k}") for k in range(3) for t in (ratings,)]
    more = pl.concat([scores.with_columns(system_id=pl.col("system_id") + f"-{k}") for k in range(3)])
    _, once = run(ratings, scores, resamples=4000)
    _, thrice = run(pl.concat(tripled), more, resamples=4000)
    widths = [c["good", "reply"].pearson_high - c["good", "reply"].pearson_low for c in (once, thrice)]
    assert widths[1] == pytest.approx(widths[0], rel=0.05)


def test_the_mix_is_tried_on_conversations_it_was_not_fitted_to():
    ratings, scores = made(noise=0.1)
    (mix,) = run(ratings, scores)[0].parts["mixes"].rows
    assert mix.best_alone == "good"
    assert mix.explained == pytest.approx(mix.best_alone_explained, abs=0.03)
    (nothing,) = run(ratings, scores.filter(pl.col("metric") == "bad"))[0].parts["mixes"].rows
    assert nothing.explained < 0.03


def test_where_metric_and_people_disagree_most_comes_first_with_its_reply():
    ratings, scores = made(noise=0.05)
    odd = (pl.col("conversation_id") == "c007") & (pl.col("system_id") == "s1") & (pl.col("metric") == "good")
    scores = scores.with_columns(value=pl.when(odd).then(pl.lit(30.0)).otherwise(pl.col("value")))
    first = next(a for a in run(ratings, scores)[0].parts["apart"].rows if a.metric == "good")
    assert (first.conversation_id, first.system_id) == ("c007", "s1")
    assert first.apart > 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r, s: (r, s.with_columns(value=pl.lit(0.5))), "the metric is the same everywhere"),
        (lambda r, s: (r.with_columns(value=pl.lit(3.0)), s), "the rating is the same everywhere"),
        (lambda r, s: (r, s.with_columns(conversation_id=pl.lit("other"))), "0 pairs"),
        (lambda r, s: (r.filter(pl.col("conversation_id") < "c003"), s), "no interval"),
    ],
)
def test_what_cannot_be_correlated_says_why(change, reason):
    answer, found = run(*change(*made(useless=False)))
    assert reason in found["good", "reply"].reason
    assert answer.parts["mixes"].rows[0].reason
    assert answer.reading


def test_unscored_replies_are_left_out_and_counted_in_n():
    ratings, scores = made(useless=False)
    scores = scores.with_columns(value=pl.when(pl.col("system_id") == "s0").then(pl.lit(math.nan)).otherwise(pl.col("value")))
    _, found = run(ratings, scores)
    assert found["good", "reply"].n == 120
    assert (found["good", "system"].n, found["good", "system"].reason) == (2, "2 pairs: 3 at least are needed")


@pytest.mark.parametrize(("fit", "mark"), [("yes", ""), ("no(anthropic:a)", "unfit judge"), ("unexamined", "unexamined judge")])
def test_a_judge_below_its_bar_is_marked_wherever_it_is_shown(fit, mark):
    ratings, scores = made(useless=False)
    scores = scores.with_columns(signature=pl.lit(f"good|panel:anthropic:a|rubric:r|fit:{fit}|v:1"))
    answer, found = run(ratings, scores)
    assert found["good", "reply"].mark == found["good", "system"].mark == mark
    assert any(f"the work of an {mark}" in sentence for sentence in answer.reading) == bool(mark)
