"""What a corpus is made of: counts, lengths, variety of words, and how much of it is said twice."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tidelab.corpus.checks._wording import WORD, plain
from tidelab.corpus.formats import Import
from tidelab.records import Conversation

SEGMENT = 1_000  # words: a type-token ratio falls with length, so it is taken over pieces of one length
REPEATED = 6  # words in a row
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+")


def describe(found: Import, *, top: int = 10, near: bool = False) -> dict[str, Any]:
    """JSON-ready description of a corpus.

    top -- how many of the commonest openings and repeated phrases; near -- also the share of near-duplicates (encodes what people say)
    """
    rows, people = found.conversations, {p.persona_id: p for p in found.personas}
    writers = [people[c.persona_id] for c in rows if c.persona_id in people]
    told: dict[str, Any] = {
        "conversations": len(rows),
        "personas": len(people),
        "quarantined": len(found.quarantined),
        "by": {
            "source": _counts(c.source for c in rows),
            "theme": _counts(c.theme for c in rows),
            "risk": _counts(c.risk for c in rows),
            "licence": _counts(c.licence for c in rows),
            "trauma_type": _counts(p.trauma_type for p in writers),
            "age_group": _counts(p.age_group for p in writers),
            "gender": _counts(p.gender for p in writers),
        },
        "person": _text([plain(c.person) for c in rows], top),
        "chatbot": _text([plain(c.chatbot) for c in rows], top),
    }
    if near:
        told["near_duplicates"] = _near(rows)
    return told


def _counts(values: Iterable[str]) -> dict[str, int]:
    """Value -> conversations, the commonest first; what is not known stands under `(unknown)`."""
    return dict(sorted(Counter(value or "(unknown)" for value in values).items(), key=lambda item: (-item[1], item[0])))


def _text(texts: Sequence[str], top: int) -> dict[str, Any]:
    """Figures of one side of the conversations. Lengths are in words parted by white space, sentence lengths too."""
    words = [WORD.findall(text.lower()) for text in texts]
    sentences = [len(s.split()) for text in texts for s in _SENTENCE_END.split(text) if s.strip()]
    openings = Counter(" ".join(w[:3]) for w in words if len(w) >= 3)
    repeated, share = _repeats(words, top)
    return {
        "words": _spread([len(text.split()) for text in texts]),
        "sentence_words": _spread(sentences),
        "type_token_ratio": _type_token_ratio(words),
        "openings": [
            {"words": said, "conversations": times, "share": round(times / len(texts), 4)} for said, times in openings.most_common(top)
        ],
        "repeated_6_grams": {"share_of_conversations": share, "most": repeated},
    }


def _spread(values: Sequence[int]) -> dict[str, float]:
    """least, median, mean, most, and the standard deviation; zeros where there are no values."""
    if not values:
        return dict.fromkeys(("least", "median", "mean", "most", "deviation"), 0.0)
    return {
        "least": min(values),
        "median": statistics.median(values),
        "mean": round(statistics.fmean(values), 2),
        "most": max(values),
        "deviation": round(statistics.pstdev(values), 2),
    }


def _type_token_ratio(words: Sequence[Sequence[str]]) -> float | None:
    """Mean share of different words in pieces of 1,000 words; None where a corpus has fewer."""
    every = [word for one in words for word in one]
    pieces = [every[at : at + SEGMENT] for at in range(0, len(every) - SEGMENT + 1, SEGMENT)]
    return round(statistics.fmean(len(set(piece)) / SEGMENT for piece in pieces), 4) if pieces else None


def _repeats(words: Sequence[Sequence[str]], top: int) -> tuple[list[dict[str, Any]], float]:
    """The 6-grams found in most conversations, and the share of conversations with one that another has too."""
    grams = [{tuple(one[at : at + REPEATED]) for at in range(len(one) - REPEATED + 1)} for one in words]
    times = Counter(gram for one in grams for gram in one)
    sharing = sum(any(times[gram] > 1 for gram in one) for one in grams)
    most = sorted(((n, gram) for gram, n in times.items() if n > 1), key=lambda item: (-item[0], item[1]))[:top]
    return [{"words": " ".join(gram), "conversations": n} for n, gram in most], round(sharing / max(len(words), 1), 4)


def _near(rows: Sequence[Conversation]) -> dict[str, Any]:
    from tidelab.corpus.checks import near_duplicates

    found = near_duplicates.find(sorted(rows, key=lambda c: c.conversation_id), {})
    alike = len({finding.conversation_id for finding in found})
    return {"cosine": near_duplicates.COSINE, "conversations": alike, "share": round(alike / max(len(rows), 1), 4)}
