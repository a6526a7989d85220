"""Two kinds of error: the user's to mend (printed, no traceback, exit 2) and ours (a bug, traceback, exit 1)."""

from __future__ import annotations

from functools import partial
from typing import Any


class TidelabError(Exception):
    """Something the user can mend.

    what  -- one sentence: what is wrong
    where -- file:line, a row's id, a setting's path; empty where there is no place
    mend  -- the exact thing to do about it
    """

    def __init__(self, what: str, *, mend: str, where: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}\n  mend: {self.mend}"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(TidelabError, self.what, where=self.where, mend=self.mend), ()
