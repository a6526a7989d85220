"""Who sees what: a pure function of the design and of the log of places, so that the same seed and log give the same assignment.

Items are shuffled once into groups as large as what one person sees; where they don't come out even, the groups go round the items until
they do. A *form* is a group, a block of systems and a row of the Williams design. The group with the fewest sessions comes first, in it
the block, in that the row: what is completed or held by a live reservation counts, a reservation that has run out does not. In sequence,
completed sessions of any two groups, of any two items, of any two forms of a group, and (where every system is seen, or the items come out
even and the block's size divides the number of systems) of any two arms of item and system differ by at most one.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tidelab.study.blocks import deck
from tidelab.study.design import Design
from tidelab.study.williams import williams


@dataclass(frozen=True)
class Place:
    """One line of the log: a session's form, until when it is held, and whether the session was completed."""

    group: int
    block: int
    row: int
    until: datetime
    completed: bool


@dataclass(frozen=True)
class Form:
    """What a session gets. `turn`: how many were given this group before; it turns the order of the items."""

    group: int
    block: int
    row: int
    turn: int


@dataclass(frozen=True)
class Showing:
    """One reply that is shown: a page."""

    conversation_id: str
    system_id: str
    item: int
    """1 for the first conversation."""
    reply: int
    """1 for its first reply."""


def groups(design: Design) -> list[list[str]]:
    """The items by group: all of them, or, where they don't come out even, as many rounds of all of them as do.

    With 18 items and 5 to a group there are 18 groups and 5 rounds: the fourth group ends with the items that begin the second round. So
    each item is in as many groups as each other one, and none is rated twice as often for good.
    """
    items, size = list(design.items), design.per_participant.items
    random.Random(f"groups {design.seed}").shuffle(items)
    return [[items[(start + place) % len(items)] for place in range(size)] for start in range(0, math.lcm(len(items), size), size)]


def assign(design: Design, places: Iterable[Place], now: datetime) -> Form:
    """The form for the next session."""
    live: Counter[tuple[int, int, int, bool]] = Counter()
    turns: Counter[int] = Counter()
    for p in places:
        turns[p.group] += 1
        if p.completed or p.until > now:
            live[p.group, p.block, p.row, p.completed] += 1
    group = _fewest(live, (), len(groups(design)))
    block = _fewest(live, (group,), len(_deck(design)))
    row = _fewest(live, (group, block), len(williams(design.per_participant.systems)))
    return Form(group, block, row, turns[group])


def showings(design: Design, form: Form, *, themes: Mapping[str, str], left_out: Collection[str], seen: Mapping[str, int]) -> list[Showing]:
    """The pages of a session, in order.

    themes -- of each item; left_out -- themes that the participant would rather not read; seen -- completed sessions of each item.
    Items left out are replaced by others, those with fewest completed sessions first, as far as there are any.
    """
    wanted = groups(design)[form.group]
    kept = [i for i in wanted if themes.get(i, "") not in left_out]
    spare = sorted((i for i in design.items if i not in wanted and themes.get(i, "") not in left_out), key=lambda i: (seen.get(i, 0), i))
    items = kept + spare[: len(wanted) - len(kept)]
    turn = form.turn % len(items) if items else 0
    systems = block_of(design, form)
    rows = williams(len(systems))
    pages = []
    for place, item in enumerate(items[turn:] + items[:turn]):
        order = rows[(form.row + form.block + form.group + place) % len(rows)]
        pages += [Showing(item, systems[s], place + 1, reply + 1) for reply, s in enumerate(order)]
    return pages


def block_of(design: Design, form: Form) -> list[str]:
    """The systems of a form. Each group begins elsewhere among them, so that the first sessions of all groups don't see the same."""
    shift = form.group * design.per_participant.systems
    return [design.systems[(s + shift) % len(design.systems)] for s in _deck(design)[form.block]]


def _deck(design: Design) -> tuple[tuple[int, ...], ...]:
    return deck(len(design.systems), design.per_participant.systems)


def _fewest(live: Counter[tuple[int, int, int, bool]], inside: tuple[int, ...], count: int) -> int:
    """The first of 0..count-1 with fewest sessions (completed or live), then fewest completed, among those `inside` a group or block."""
    depth = len(inside)
    all_of, completed = [0] * count, [0] * count
    for key, sessions in live.items():
        if key[:depth] == inside:
            all_of[key[depth]] += sessions
            completed[key[depth]] += sessions * key[3]
    return min(range(count), key=lambda i: (all_of[i], completed[i], i))
