"""Claims that are tests: words, the question and contrast that decide them, a direction, a threshold; and the verdict with its figures.

A claim about `people` is decided by an interval: it must lie wholly on one side. A claim about `data` (a figure that somebody published
of the very data at hand) is decided by the figure itself. Simulated ratings, sample and rehearsal conversations and nano students decide
nothing, whatever a claim is about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tidelab.analysis.result import Answer, Result
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import polars as pl

ASKS = "Do the claims hold?"
SHIPPED = ("paper", "ieval")
MOST_TIMES = 900  # as many units as here, past which nobody would go on
Direction = Literal["greater", "less", "differs", "equivalent"]


class Claim(BaseModel):
    """One claim of a `claims.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, description="names the claim")
    claim: str = Field(min_length=1, description="the claim in words")
    source: str = Field("", description="who claims it, where")
    about: Literal["people", "data"] = Field("people", description="`people`: an interval decides; `data`: the figure itself decides")
    question: str = Field(description="what decides it: a name in `analysis/deciders.py`")
    contrast: dict[str, Any] = Field(default_factory=dict, description="what exactly is compared; keys depend on the question")
    where: dict[str, str] = Field(default_factory=dict, description="only ratings with these values in these columns")
    direction: Direction = Field("greater", description="which way the figure must go")
    threshold: float = Field(0.0, description="past which the figure must lie, for `greater` and `less`")
    margin: float | None = Field(None, gt=0, description="within which a difference does not matter; `equivalent` needs one")
    level: float = Field(0.05, gt=0, lt=0.5, description="level of the test")


@dataclass(frozen=True)
class Data:
    """What claims are held against."""

    ratings: pl.DataFrame | None = None  # usable rows
    scores: pl.DataFrame | None = None  # records.Score rows of a run
    conversations: pl.DataFrame | None = None  # conversation_id, persona_id, source, theme, risk
    students: Sequence[str] = ()
    curves: pl.DataFrame | None = None  # means by student, fraction and seed
    unreal: str = ""  # why the run can decide nothing: rehearsal conversations, nano students
    elsewhere: bool = False  # the ratings are of other systems on other conversations than the run's, so `unreal` says nothing of them
    k: int = 5  # fewest people of a group that is shown
    seed: int = 7
    resamples: int = 10_000


@dataclass(frozen=True)
class Evidence:
    """What a decider found: the figure, its interval at 1 - level and at 1 - 2 x level, p, and what was counted."""

    value: float
    low: float = math.nan
    high: float = math.nan
    low_90: float = math.nan
    high_90: float = math.nan
    p: float = math.nan
    units: int = 0
    unit: str = "participants"
    told: str = ""  # the figure in words
    impossible: str = ""  # why there is no figure
    floor: bool = False  # the figure can only be too low: what it leaves open speaks for neither side
    would_decide: str = ""  # what data would decide it, where that is no matter of the interval's width


@dataclass(frozen=True)
class Verdict:
    """One claim's verdict."""

    id: str
    claim: str
    verdict: str  # supported | contradicted | undecided | not testable here
    about: str
    question: str
    value: float
    low: float
    high: float
    p: float
    units: int
    unit: str
    asked: str  # `greater than 0.85`
    why: str  # what decided it, in words
    would_decide: str  # what data would decide an undecided claim
    source: str


Decider = Callable[[Claim, Data], Evidence]


def read(name: str) -> list[Claim]:
    """Claims of a shipped set (`paper`, `ieval`) or of a YAML file with a list `claims`. Raises TidelabError with the claim at fault."""
    import yaml

    from tidelab.analysis.deciders import DECIDERS

    path = Path(name)
    if name in SHIPPED:
        text = (files("tidelab") / "presets" / "claims" / f"{name}.yaml").read_text("utf-8")
    elif path.is_file():
        text = path.read_text("utf-8")
    else:
        raise TidelabError(f"there are no claims {name!r}", where="--claims", mend=f"name a YAML file, or one of {', '.join(SHIPPED)}")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TidelabError(f"the claims are no YAML: {error}", where=name, mend="mend the file; docs/claims.md shows one") from error
    rows = found.get("claims") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not rows:
        raise TidelabError(
            "the file has no list `claims`", where=name, mend="write `claims:` and a list of claims; docs/claims.md shows one"
        )
    claims = []
    for number, row in enumerate(rows, 1):
        at = f"{name}: claim {row.get('id', number) if isinstance(row, dict) else number}"
        try:
            claim = Claim.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise TidelabError(what, where=at, mend="see docs/claims.md for the keys of a claim") from error
        if claim.question not in DECIDERS:
            raise TidelabError(f"no question is called {claim.question!r}", where=at, mend=f"use one of {', '.join(DECIDERS)}")
        if claim.direction == "equivalent" and claim.margin is None:
            raise TidelabError("`equivalent` needs a margin", where=at, mend="add `margin:`, in the unit of the figure")
        _directed(claim, at)
        claims.append(claim)
    doubled = {c.id for c in claims if sum(c.id == d.id for d in claims) > 1}
    if doubled:
        raise TidelabError(f"two claims are called {sorted(doubled)[0]!r}", where=name, mend="give each claim an id of its own")
    return claims


def _directed(claim: Claim, at: str) -> None:
    """Refuses a direction that the question's figure can never decide, before there are hours of work."""
    from tidelab.analysis.deciders import DIRECTIONS

    one_sided = claim.direction in ("greater", "less")
    can = DIRECTIONS.get(claim.question)
    if can is None or claim.direction in can or (claim.about == "data" and one_sided):
        return
    mend = "write " + " or ".join(f"`direction: {d}`" for d in can)
    if one_sided:
        mend += "; or `about: data`, where the claim is of a figure published of these very data"
    raise TidelabError(f"`{claim.question}` can't decide `{claim.direction}`: its figure has no interval for that", where=at, mend=mend)


def verdicts(claims: Sequence[Claim], data: Data) -> Answer:
    """One verdict for each claim, in their order."""
    rows = tuple(_verdict(claim, data) for claim in claims)
    counts = {v: sum(r.verdict == v for r in rows) for v in ("supported", "contradicted", "undecided", "not testable here")}
    first = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    said = (f"Of {len(rows)} claims: {first}.", *(f"{r.verdict}: {r.claim} {r.why}".strip() for r in rows))
    return Answer("claims", ASKS, {"claims": Result(Verdict, rows, {"claims": len(rows)})}, said)


def _verdict(claim: Claim, data: Data) -> Verdict:
    from tidelab.analysis.deciders import DECIDERS, unreal

    reason = unreal(claim, data)
    found = Evidence(math.nan, impossible=reason) if reason else DECIDERS[claim.question](claim, data)
    would = ""
    if found.impossible or math.isnan(found.value):
        verdict, why = "not testable here", found.impossible or "no figure could be had"
    else:
        verdict = _judge(claim, found)
        why = found.told
        if verdict == "undecided":
            would = found.would_decide or _would_decide(claim, found)
    return Verdict(
        id=claim.id,
        claim=claim.claim,
        verdict=verdict,
        about=claim.about,
        question=claim.question,
        value=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        units=found.units,
        unit=found.unit,
        asked=_asked(claim),
        why=why,
        would_decide=would,
        source=claim.source,
    )


def _asked(claim: Claim) -> str:
    if claim.direction in ("greater", "less"):
        return f"{claim.direction} than {claim.threshold:g}"
    return "different" if claim.direction == "differs" else f"equivalent within {claim.margin:g}"


def _judge(claim: Claim, e: Evidence) -> str:
    if claim.direction in ("greater", "less"):
        sign = 1 if claim.direction == "greater" else -1
        if claim.about == "data":
            if e.floor:  # a figure that may grow is past the threshold for good, or not yet
                past = e.value > claim.threshold
                return ("supported" if sign > 0 else "contradicted") if past else "undecided"
            return "supported" if sign * e.value > sign * claim.threshold else "contradicted"
        near, far = (e.low, e.high) if sign > 0 else (e.high, e.low)
        if sign * near > sign * claim.threshold:
            return "supported"
        return "contradicted" if sign * far < sign * claim.threshold else "undecided"
    if claim.direction == "differs":
        if e.p < claim.level:
            return "supported"
        within = claim.margin is not None and max(abs(e.low_90), abs(e.high_90)) < claim.margin
        return "contradicted" if within else "undecided"
    margin = claim.margin or 0.0
    if max(abs(e.low_90), abs(e.high_90)) < margin:
        return "supported"
    return "contradicted" if e.low > margin or e.high < -margin else "undecided"


def enough(needed: float, e: Evidence) -> str:
    """How many units would decide, in words; `needed` is inf or NaN where no number would."""
    if not math.isfinite(needed) or needed > MOST_TIMES * e.units:
        return f"no realistic number: the figure lies at the threshold, {e.units:,} {e.unit} leave it there"
    whole = max(math.ceil(needed), e.units + 1)
    return f"about {whole:,} {e.unit}, {whole - e.units:,} more than here, if the figure stays as it is"


def _would_decide(claim: Claim, e: Evidence) -> str:
    """Units that would bring the interval clear of its edge if the figure stayed, since intervals shrink with their root."""
    if not e.units or math.isnan(e.high - e.low):
        return f"more {e.unit}"
    wide, narrow = (e.high - e.low) / 2, (e.high_90 - e.low_90) / 2
    margin, size = claim.margin or 0.0, abs(e.value)
    ways = []  # (half an interval, how far its edge may lie from the figure)
    if claim.direction != "equivalent":
        ways.append((wide, abs(e.value - claim.threshold)))
    elif size > margin:
        ways.append((wide, size - margin))
    if margin > size and claim.direction in ("equivalent", "differs"):
        ways.append((narrow, margin - size))
    return enough(min((e.units * (half / edge) ** 2 for half, edge in ways if edge > 0 and half > 0), default=math.inf), e)


def select(ratings: pl.DataFrame, where: Mapping[str, str]) -> pl.DataFrame | str:
    """The rows that a claim is about, or why there are none."""
    import polars as pl

    for column, value in where.items():
        if column not in ratings.columns:
            return f"the ratings have no column {column!r}"
        ratings = ratings.filter(pl.col(column).cast(pl.String) == str(value))
    return ratings if ratings.height else "no rating has " + ", ".join(f"{c} = {v}" for c, v in where.items())
