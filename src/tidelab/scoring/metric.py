"""What a metric is, and where it is found: each module beside this one with a `METRIC` is one metric, usable by its name.

To add one: a file here with a function over a `Batch` and `METRIC = Metric(...)`, its test, and its page in docs/metrics.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tidelab.errors import TidelabError
from tidelab.scoring.shared import Batch, Shared, Whole


@dataclass(frozen=True)
class Unscored:
    """A value that could not be had, and why. It becomes NaN with this reason, never 0."""

    reason: str


Value = float | Unscored
NOT_APPLICABLE = "not applicable: "
"""How the reason of a value begins that a row can't have; it is no failure and isn't counted as one."""
EMPTY = Unscored("empty reply: no text to compare")


@dataclass(frozen=True)
class Metric:
    """One way to score replies.

    name      -- in `scoring.metrics` and in the cell's name
    parts     -- the values it gives, as they stand in the scores table; (name,) for most
    better    -- `higher`, `lower`, or `none` where neither is better (length)
    bounds    -- least and greatest possible value
    score     -- part -> one value per row of the batch
    signature -- what decides the value besides the metric's name and version, e.g. ("stem:porter",)
    encodes   -- whether it uses the shared encoder
    compares  -- whether it needs a reference
    several   -- with several references a row: `best` gives each part's best value over them, `own` is seen to by the metric itself
    corpus    -- part -> value of all replies of a system at once, where that differs from the mean over replies; NaN where there is none
    per_reply -- whether one reply has a value; False where only all replies of a system together have one
    version   -- raised when values change
    """

    name: str
    score: Callable[[Batch], Mapping[str, Sequence[Value]]]
    bounds: tuple[float, float]
    parts: tuple[str, ...] = ()
    better: Literal["higher", "lower", "none"] = "higher"
    signature: Callable[[Shared], tuple[str, ...]] = lambda _shared: ()
    encodes: bool = False
    compares: bool = True
    several: Literal["best", "own"] = "best"
    corpus: Callable[[Whole], Mapping[str, float]] | None = None
    per_reply: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", self.parts or (self.name,))

    def values(self, batch: Batch) -> Mapping[str, Sequence[Value]]:
        """Part -> one value per row of the batch, whatever number of references the rows have. {} where no reply has a value of its own."""
        if not self.per_reply:
            return {}
        if not batch.further or not self.compares or self.several == "own":
            return self.score(batch)
        every = batch.every_reference()
        rows = [i for i, references in enumerate(every) for _ in references]
        flat = Batch(
            [batch.persons[i] for i in rows],
            [reference for references in every for reference in references],
            [batch.replies[i] for i in rows],
            batch.shared,
        )
        return {part: _best(rows, values) for part, values in self.score(flat).items()}

    def sign(self, part: str, shared: Shared) -> str:
        """The signature of a value, as sacreBLEU writes them: `rouge_l|tok:rouge-score|stem:porter|v:1`."""
        return "|".join((part, *self.signature(shared), f"v:{self.version}"))


def _best(rows: Sequence[int], values: Sequence[Value]) -> list[Value]:
    """The greatest value of each row; unscored only where no reference gives one."""
    best: dict[int, Value] = {}
    for row, value in zip(rows, values, strict=True):
        known = best.get(row)
        if known is None or isinstance(known, Unscored) or (not isinstance(value, Unscored) and value > known):
            best[row] = value
    return list(best.values())


@functools.cache
def metrics() -> dict[str, Metric]:
    """All metrics by name, sorted."""
    import tidelab.scoring as package

    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    found = [module.METRIC for module in modules if hasattr(module, "METRIC")]
    return {metric.name: metric for metric in sorted(found, key=lambda m: m.name)}


def metric(name: str) -> Metric:
    """The metric of that name; TidelabError with the nearest names where there is none."""
    known = metrics()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1)
    guess = f"did you mean `{near[0]}`? " if near else ""
    raise TidelabError(f"unknown metric `{name}`", where="scoring.metrics", mend=f"{guess}Known metrics: {', '.join(known)}")
