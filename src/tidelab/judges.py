"""Judges in a study: their cells, and the replies of known quality on which they are examined, out of the sample corpus.

Scoring may not read the corpus; whoever wants judges gets here what both rooms have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidelab.errors import TidelabError

if TYPE_CHECKING:
    from tidelab.experiment import Experiment
    from tidelab.run.cells import Cell, Work
    from tidelab.scoring.judge.examination import Triple


def cells(experiment: Experiment) -> list[Cell]:
    """The cells of `scoring.judges`: each judge's examination and levels, then the panel's scores of each system; none without judges."""
    from tidelab.scoring.judge import cells as levels
    from tidelab.scoring.judge import examination

    names, systems = experiment.scoring.judges, [s.system_id for s in experiment.systems()]
    if not names:
        return []
    examined = examination.cells(names, triples(experiment.corpus.limit), experiment.calls) if experiment.scoring.examine else []
    needs = ("corpus/split", *(f"replies/{system}" for system in systems))
    return examined + levels.cells(names, systems, needs, replies, experiment.calls, experiment.scoring.examine)


def check(experiment: Experiment) -> None:
    """Before a run: each judge is named rightly, once, and its key is there."""
    from tidelab.engines import provider
    from tidelab.scoring.judge.cells import labels

    try:
        labels(experiment.scoring.judges)
    except TidelabError as error:
        raise TidelabError(error.what, where="scoring.judges", mend=error.mend) from None
    for name in experiment.scoring.judges:
        provider.check_key(name)


def triples(limit: int | None = None) -> list[Triple]:
    """Reference, lukewarm and failing reply of the sample's conversations that have all three, personas taking turns."""
    from tidelab.corpus import sample
    from tidelab.scoring.judge.examination import Triple

    contrasts: dict[str, dict[str, str]] = {}
    for c in sample.contrasts():
        contrasts.setdefault(c.conversation_id, {})["lukewarm" if c.kind == "lukewarm" else "failing"] = c.text
    every = [
        Triple(c.conversation_id, c.persona_id, c.person, c.chatbot, **contrasts[c.conversation_id])
        for c in sample.load()[2]
        if len(contrasts.get(c.conversation_id, {})) == 2
    ]
    turn: dict[str, int] = {}
    order = []
    for t in every:
        turn[t.cluster] = turn.get(t.cluster, 0) + 1
        order.append((turn[t.cluster], t.cluster))
    return [t for _, t in sorted(zip(order, every, strict=True))][:limit]


def replies(work: Work) -> list[dict[str, Any]]:
    """The replies that a judge's cell needs, as `scoring.judge.cells.Rows` gives them."""
    from tidelab.scoring import stage

    conversations = work.read("corpus/split", "conversations")
    every: Sequence[Any] = [work.read(need, "replies") for need in work.cell.needs if need.startswith("replies/")]
    return [row for table in every for row in stage.rows(conversations, table)]
