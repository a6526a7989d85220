"""What decides claims about ratings: each decider finds one figure with its interval, or says why it can't.

Deciders of claims about scores stand in `deciders_of_scores.py`; `DECIDERS` names all.
"""

from __future__ import annotations

import fnmatch
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tidelab.analysis.bootstrap import Floats
from tidelab.analysis.claims import Claim, Data, Decider, Direction, Evidence, enough, select
from tidelab.analysis.deciders_of_scores import gain, gain_by_scenario, score_equivalence, size_limit
from tidelab.analysis.design import Coded, coded
from tidelab.analysis.preferences import answered
from tidelab.analysis.words import p_words
from tidelab.mixed.lmm import Lmm
from tidelab.records import MERGED_AGES, MERGED_EDUCATION

if TYPE_CHECKING:
    import polars as pl

NO_RATINGS = "there are no ratings"
ALL = "all"  # as `factor` of a contrast: the mean over the factors of each rating
SIMULATED = "the ratings are simulated: nobody gave them"
UNREAL = ("rehearsal", "sample")  # sources of conversations that are no data of the paper's kind
NANO = re.compile(r"nano-\d+[a-z]?@.*")  # what tidelab calls students that it made itself


def unreal(claim: Claim, data: Data) -> str:
    """Why these data can decide no claim at all, whatever it is about and whatever its figures say; empty where they can.

    Ratings of real people decide nothing either where what they rated is nano's or from rehearsal: the claims are about other systems.
    """
    if claim.question not in OF_RATINGS:
        return data.unreal if data.scores is not None and data.conversations is not None else ""
    if data.ratings is None:
        return ""
    sources = {str(s).strip().lower() for s in data.ratings["source"].drop_nulls().unique()}
    if "simulated" in sources:
        return SIMULATED
    if sources & set(UNREAL):
        return f"the ratings are of {' and '.join(sorted(sources & set(UNREAL)))} conversations, which are no data of the paper's kind"
    if data.unreal and not data.elsewhere:
        return data.unreal
    nano = sorted({s.split("@")[0] for s in data.ratings["system_id"].unique() if NANO.fullmatch(str(s))})
    return f"{', '.join(nano)}: nano students stand for no real model" if nano else ""


def friedman_test(claim: Claim, data: Data) -> Evidence:
    """contrast: {factor}. Do systems differ, over participants who rated all? The figure is Kendall's W."""
    from tidelab.analysis.friedman import friedman

    c = _coded(claim, data)
    if isinstance(c, str):
        return Evidence(math.nan, impossible=c)
    table = c.by_participant()
    complete = table[~np.isnan(table).any(axis=1)]
    found = friedman(complete)
    if found.reason:
        return Evidence(math.nan, impossible=found.reason)
    told = f"Friedman {found.statistic:.2f}, df {found.df}, {p_words(found.p)}, Kendall's W {found.w:.2f}, {len(complete)} participants"
    e = Evidence(found.w, p=found.p, units=len(complete), told=told)
    return replace(e, would_decide=_more_participants(found.statistic, found.df, claim.level, e))


def _more_participants(statistic: float, df: int, level: float, e: Evidence) -> str:
    """What the statistic has over its mean under chance, df, grows with participants; the number at which it reaches the critical value."""
    from scipy.stats import chi2

    if statistic <= df:
        return f"no number that could be told: the systems differ by no more than chance gives, over {e.units:,} {e.unit}"
    return enough(e.units * (float(chi2.ppf(1 - level, df)) - df) / (statistic - df), e)


def correlation(claim: Claim, data: Data) -> Evidence:
    """contrast: {factors: [a, b]}. Pearson's r of two factors over single ratings; interval by bootstrap over participants."""
    import polars as pl

    from tidelab.analysis.metrics_people import correlated

    rows = _rows(claim, data)
    if isinstance(rows, str):
        return Evidence(math.nan, impossible=rows)
    names = claim.contrast.get("factors", [])
    if len(names) != 2:
        return Evidence(math.nan, impossible="the claim names no two factors")
    keys = ["conversation_id", "system_id", "participant_id"]
    one, other = (rows.filter(pl.col("factor") == f).select(*keys, value=pl.col("value")) for f in names)
    both = one.join(other, on=keys, suffix="_other").sort(keys)
    if not both.height:
        return Evidence(math.nan, impossible=f"no reply is rated on both {names[0]} and {names[1]}")
    people = np.unique(both["participant_id"].to_numpy().astype(str), return_inverse=True)[1]
    r, low, high, *_, reason = correlated(
        both["value"].to_numpy(), both["value_other"].to_numpy(), people, data.resamples, 1 - claim.level, f"claim {data.seed} {claim.id}"
    )
    told = f"r = {r:.3f} ({low:.3f} to {high:.3f}) over {both.height:,} ratings by {int(people.max()) + 1} participants"
    return Evidence(r, low, high, units=int(people.max()) + 1, told=told, impossible=reason if math.isnan(r) else "")


def difference(claim: Claim, data: Data) -> Evidence:
    """contrast: {factor, first, second}: system names or patterns (`*@fine-tuned`). Mean of the first less mean of the second."""
    c = _coded(claim, data)
    if isinstance(c, str):
        return Evidence(math.nan, impossible=c)
    from tidelab.analysis.systems import fit_linear

    sides = {side: [s for s in c.systems if fnmatch.fnmatch(s, str(claim.contrast.get(side, "")))] for side in ("first", "second")}
    for side, found in sides.items():
        if not found:
            return Evidence(math.nan, impossible=f"no rated system is {claim.contrast.get(side, side)!r}")
    row = np.concatenate([[0.0], _mean(c, sides["first"]) - _mean(c, sides["second"])])
    fit, _ = fit_linear(c)
    return _of_model(fit, row, claim, c.people, f"{' and '.join(sides['first'])} less {' and '.join(sides['second'])}")


def preference(claim: Claim, data: Data) -> Evidence:
    """contrast: {factor, person, group, reply, kinds: [a, b]}: how much more the group prefers kind a to kind b than all others do.

    Without `reply` the figure is the difference of the ratings themselves. Unit: the participant; interval by Welch's t.
    """
    from scipy.stats import t

    told = claim.contrast
    rows = _rows(claim, data)
    if isinstance(rows, str):
        return Evidence(math.nan, impossible=rows)
    for key in ("person", "group"):
        if key not in told:
            return Evidence(math.nan, impossible=f"the claim's contrast names no {key}")
    for column in (told["person"], told.get("reply")):
        if column and column not in rows.columns:
            return Evidence(math.nan, impossible=f"the ratings have no column {column!r}")
    rows = rows.filter(answered(str(told["person"])))
    unclear = _unclear(rows, told)
    if unclear:
        return Evidence(math.nan, impossible=unclear)
    likings = _likings(rows, told)
    if likings is None:
        return Evidence(math.nan, impossible=f"no participant rated both {' and '.join(map(str, told.get('kinds', [])))}")
    values, inside = likings
    one, other = values[inside], values[~inside]
    few = _few(len(one), len(other), data.k)
    if few:
        return Evidence(math.nan, impossible=few)
    spread = [float(v.var(ddof=1)) / len(v) for v in (one, other)]
    se, value = math.sqrt(sum(spread)), float(one.mean() - other.mean())
    if se == 0:
        return Evidence(value, value, value, value, value, 0.0 if value else 1.0, len(values), told=f"{value:+.2f}, without any variation")
    df = sum(spread) ** 2 / sum(s**2 / (len(v) - 1) for s, v in zip(spread, (one, other), strict=True))
    wide, narrow = (float(t.ppf(q, df)) * se for q in (1 - claim.level / 2, 1 - claim.level))
    p = float(2 * t.sf(abs(value) / se, df))
    words = f"{value:+.2f} points ({value - wide:+.2f} to {value + wide:+.2f}), {p_words(p)}, {len(one)} against {len(other)} participants"
    return Evidence(value, value - wide, value + wide, value - narrow, value + narrow, p, len(values), told=words)


def _likings(rows: pl.DataFrame, told: dict[str, Any]) -> tuple[Floats, Any] | None:
    """Each participant's preference, and whether they belong to the group."""
    import polars as pl

    person, reply = str(told["person"]), told.get("reply")
    if reply:
        first, second = (str(k) for k in told.get("kinds", ["", ""]))
        by_kind = rows.group_by("participant_id", person).agg(
            a=pl.col("value").filter(pl.col(reply) == first).mean(), b=pl.col("value").filter(pl.col(reply) == second).mean()
        )
        each = by_kind.drop_nulls(["a", "b"]).with_columns(liking=pl.col("a") - pl.col("b"))
    else:
        each = rows.group_by("participant_id", person).agg(liking=pl.col("value").mean())
    if not each.height:
        return None
    each = each.sort("participant_id")
    inside = each[person].cast(pl.String).is_in([v for v in each[person].unique() if _standing(str(v), told) == "inside"])
    return each["liking"].to_numpy(), inside.to_numpy()


def _few(inside: int, beside: int, k: int) -> str:
    """Why a figure of so few people is not shown; the other side's number is not told either, since both add up to all."""
    if not inside:
        return "no participant is in the group"
    if min(inside, beside) >= k:
        return ""
    return f"under {k} participants {'in' if inside < k else 'beside'} the group: suppressed"


def _standing(value: str, told: dict[str, Any]) -> str:
    """`inside` the claim's group, `beside` it, or `unclear`: a band that an export merged out of some that are in it and some not."""
    group = told["group"]
    groups = {str(g) for g in (group if isinstance(group, list) else [group])}
    if value in groups:
        return "inside"
    merged = {fine for bands in (MERGED_AGES, MERGED_EDUCATION) for fine, coarse in bands.items() if coarse == value}
    if not merged or not merged & groups:
        return "beside"
    return "inside" if merged <= groups else "unclear"


def _unclear(rows: pl.DataFrame, told: dict[str, Any]) -> str:
    values = sorted(str(v) for v in rows[str(told["person"])].unique() if _standing(str(v), told) == "unclear")
    what = " and ".join(f"`{v}`" for v in values)
    return f"{told['person']} was coarsened when it was exported: {what} may or may not be in the group" if values else ""


def _rows(claim: Claim, data: Data) -> pl.DataFrame | str:
    import polars as pl

    if data.ratings is None:
        return NO_RATINGS
    rows = select(data.ratings, claim.where)
    if isinstance(rows, str):
        return rows
    people, everybody = rows["participant_id"].n_unique(), data.ratings["participant_id"].n_unique()
    if people < min(data.k, everybody):
        return f"under {data.k} participants have {', '.join(f'{c} = {v}' for c, v in claim.where.items())}: suppressed"
    if "factor" not in claim.contrast:
        return rows
    if claim.contrast["factor"] == ALL:
        keys = [c for c in rows.columns if c not in ("factor", "value", "order")]
        return rows.group_by(keys, maintain_order=True).agg(pl.col("value").mean()).with_columns(factor=pl.lit(ALL))
    kept = rows.filter(pl.col("factor") == claim.contrast["factor"])
    return kept if kept.height else f"nothing is rated on the factor {claim.contrast['factor']!r}"


def _coded(claim: Claim, data: Data) -> Coded | str:
    rows = _rows(claim, data)
    if isinstance(rows, str):
        return rows
    if rows["factor"].n_unique() > 1:
        return "the claim's contrast names no factor"
    c = coded(rows)
    return c if len(c.systems) > 1 else "one system is rated: nothing to compare"


def _mean(c: Coded, systems: list[str]) -> Floats:
    return np.asarray(np.mean([c.contrast(c.systems.index(s)) for s in systems], axis=0), dtype=np.float64)


def _of_model(fit: Lmm, row: Floats, claim: Claim, people: int, what: str) -> Evidence:
    if not fit.converged:
        return Evidence(math.nan, impossible=fit.reason)
    test = fit.test(row)
    value, low, high = fit.interval(row, 1 - claim.level)
    _, low_90, high_90 = fit.interval(row, 1 - 2 * claim.level)
    told = f"{what}: {value:+.2f} points ({low:+.2f} to {high:+.2f}), {p_words(test.p)}, {people} participants"
    return Evidence(value, low, high, low_90, high_90, test.p, people, told=told)


OF_RATINGS = ("friedman", "correlation", "difference", "preference")
DIRECTIONS: dict[str, tuple[Direction, ...]] = {
    "friedman": ("differs",),
    "correlation": ("greater", "less"),
    "gain_by_scenario": ("differs",),
    "size_limit": ("greater", "less"),
    "score_equivalence": ("greater", "less", "equivalent"),
}
"""Questions whose figure can decide only some directions about people: the others would end as undecided however many people there are."""
DECIDERS: dict[str, Decider] = {
    "friedman": friedman_test,
    "correlation": correlation,
    "difference": difference,
    "preference": preference,
    "gain": gain,
    "gain_by_scenario": gain_by_scenario,
    "size_limit": size_limit,
    "score_equivalence": score_equivalence,
}
