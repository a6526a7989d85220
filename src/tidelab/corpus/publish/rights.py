"""What may be published: licences that come with the data, and whether somebody accepted those that are not free."""

from __future__ import annotations

from collections import Counter

from tidelab.corpus.licences import known
from tidelab.corpus.publish.opened import Corpus
from tidelab.corpus.teachers.write import TERMS_OF
from tidelab.engines import facts
from tidelab.errors import TidelabError


def bound(corpus: Corpus) -> dict[str, int]:
    """Rows by licence that may not be published freely: non-commercial, unknown, or from a source with access granted one by one."""
    counts: Counter[str] = Counter()
    for c in corpus.conversations:
        licence = known(c.licence)
        if gated(c.provenance):
            counts[f"{c.licence}, access granted one by one"] += 1
        elif licence is None or not licence.free:
            counts[c.licence] += 1
    return dict(sorted(counts.items()))


def gated(provenance: dict[str, object]) -> bool:
    """Whether a row came from a source that grants access one by one."""
    return provenance.get("gated") is True


def check(corpus: Corpus, *, accepted: bool) -> None:
    """TidelabError that names the licences, unless they are free or were accepted."""
    if (held := bound(corpus)) and not accepted:
        told = "; ".join(f"{n:,} rows under {licence}" for licence, n in held.items())
        raise TidelabError(
            f"not everybody may publish this: {told}",
            where="licence",
            mend="if their terms allow what you mean to do, add --accept-licence; the licences go with the data",
        )


def hub_licence(corpus: Corpus) -> str:
    """The licence of the whole for the hub's header: its name there, or `other` where rows differ or are not known."""
    licences = {c.licence for c in corpus.conversations}
    one = known(next(iter(licences))) if len(licences) == 1 else None
    return one.hub if one else "other"


def text(corpus: Corpus) -> str:
    """The LICENSE file: which licence holds for how many rows, and where its words stand."""
    lines = ["The column `licence` says for each conversation under which licence it stands.", ""]
    for words, n in sorted(Counter(c.licence for c in corpus.conversations).items()):
        one = known(words)
        lines.append(f"{n:,} conversations: {f'{one.name} ({one.spdx}), {one.address}' if one else ' '.join(words.split())}")
        if one is None:
            told = facts.terms(words.removeprefix(TERMS_OF)) if words.startswith(TERMS_OF) else {}
            if told:
                lines.append(f"  Of what these may teach, {told['says']} ({told['source']}).")
                lines.append("  No legal advice: read the terms that were agreed to before you use or pass on these rows.")
            else:
                lines.append("  Its terms are not known here: ask whoever holds the rights before you use or pass on these rows.")
        elif not one.free:
            lines.append("  Commercial use, or passing on changed copies, is not allowed without leave.")
    if any(gated(c.provenance) for c in corpus.conversations):
        lines += ["", "Some rows come from a source that grants access one by one; whoever publishes them must keep to its conditions."]
    return "\n".join(lines) + "\n"
