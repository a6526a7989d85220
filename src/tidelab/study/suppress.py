"""Small cells: coarsened or suppressed until each combination of age, gender and education is shared by at least k people.

k-anonymity (Sweeney 2002) over these three. It keeps somebody from being singled out by them; it is no promise about what others know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tidelab.records import MERGED_AGES, MERGED_EDUCATION, SUPPRESSED

K = 5
FIELDS = ("age_group", "gender", "education")
ABOUT = (*FIELDS, "ethnicity", "trauma_experience", "chatbot_use")
"""Demographic questions that the participants' table has a column for; any other one is a further question."""
Row = dict[str, str]


def suppress(rows: Sequence[Row], k: int = K) -> tuple[list[Row], list[str]]:
    """(rows with coarser values, what was done). Every combination that comes out is shared by `k` rows or more; else all is suppressed.

    The gentlest step that suffices: wider ages, then two levels of education, then rare genders, then education, then single people, and at
    last all three of everybody. An empty value, declined or not asked, is a value like any other.
    """
    found = [{f: row.get(f, "") for f in FIELDS} for row in rows]
    done: list[str] = []
    steps: list[tuple[str, Callable[[list[Row]], list[Row]]]] = [
        ("ages merged to 18-34, 35-54 and 55+", lambda r: _mapped(r, "age_group", MERGED_AGES)),
        ("education merged to no degree and degree", lambda r: _mapped(r, "education", MERGED_EDUCATION)),
        (f"genders given by fewer than {k} people suppressed", lambda r: _rare(r, "gender", k)),
        ("education suppressed for everybody", lambda r: [row | {"education": SUPPRESSED} for row in r]),
    ]
    for told, step in steps:
        if _enough(found, k):
            return found, done
        coarser = step(found)
        if coarser != found:
            found = coarser
            done.append(told)
    small = [i for i, row in enumerate(found) if _cells(found)[_cell(row)] < k]
    if small:
        while 0 < len(small) < k and len(small) < len(found):  # those who are suppressed must not be few either
            rest = Counter(_cell(row) for i, row in enumerate(found) if i not in small)
            least = min(rest, key=lambda cell: (rest[cell], cell))
            small += [i for i, row in enumerate(found) if i not in small and _cell(row) == least]
        for i in small:
            found[i] = dict.fromkeys(FIELDS, SUPPRESSED)
        done.append(f"age, gender and education suppressed for {len(small)} people in combinations of fewer than {k}")
    if not _enough(found, k) and any(set(row.values()) != {SUPPRESSED} for row in found):
        found = [dict.fromkeys(FIELDS, SUPPRESSED) for _ in found]
        done.append("age, gender and education suppressed for everybody")
    return found, done


def margins(values: Sequence[str], k: int = K) -> dict[str, int]:
    """Counts of one question by itself. Answers of fewer than `k` people are merged; where that leaves fewer than `k`, so is the next."""
    counts = Counter(value or "not given" for value in values)
    kept = {value: n for value, n in sorted(counts.items()) if n >= k}
    few = sum(n for n in counts.values() if n < k)
    while 0 < few < k and kept:
        least = min(kept, key=lambda value: (kept[value], value))
        few += kept.pop(least)
    return kept | ({f"fewer than {k} each, together": few} if few else {})


def _cell(row: Row) -> tuple[str, ...]:
    return tuple(row[f] for f in FIELDS)


def _cells(rows: Sequence[Row]) -> Counter[tuple[str, ...]]:
    return Counter(_cell(row) for row in rows)


def _enough(rows: Sequence[Row], k: int) -> bool:
    return all(n >= k for n in _cells(rows).values())


def _mapped(rows: list[Row], name: str, to: dict[str, str]) -> list[Row]:
    return [row | {name: to.get(row[name], row[name])} for row in rows]


def _rare(rows: list[Row], name: str, k: int) -> list[Row]:
    counts = Counter(row[name] for row in rows)
    return [row | {name: row[name] if counts[row[name]] >= k else SUPPRESSED} for row in rows]
