"""`corpus.review: approved`: only what clinicians approved enters the corpus; the rest is quarantined with what they said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Decision, Quarantined, frame, records, text_hash
from tidelab.run import Cell, Work, fingerprint

CHECK, REVIEW = "corpus/check", "corpus/review"
SETTING = "corpus.decisions"


def cells(experiment: Experiment) -> list[Cell]:
    """The cell between checks and split, where the experiment asks for it. TidelabError if its decisions can't be read."""
    if experiment.corpus.review == "none":
        return []
    path = experiment.corpus.decisions
    if path is not None:
        read(path)
    decides = {"decisions": fingerprint.of_files(Path(path)) if path else None}
    return [Cell(REVIEW, decides, partial(_review, path), needs=(CHECK,))]


def last_cell(experiment: Experiment) -> str:
    """The cell whose conversations are split."""
    return CHECK if experiment.corpus.review == "none" else REVIEW


def read(path: str) -> dict[str, Decision]:
    """Decisions on conversations, by conversation_id, out of what `tide review export` wrote."""
    import polars as pl

    file = Path(path).expanduser()
    mend = "give the `decisions.jsonl` or `decisions.parquet` that `tide review export` writes"
    if not file.is_file() or file.suffix not in (".jsonl", ".parquet"):
        raise TidelabError(f"there are no decisions at `{path}`", where=SETTING, mend=mend)
    found: dict[str, Decision] = {}
    try:
        if file.suffix == ".parquet":
            rows: Iterable[Decision] = records(Decision, pl.read_parquet(file))
        else:
            rows = [Decision.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]
    except (ValidationError, ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise TidelabError(f"can't be read as decisions: {str(error).splitlines()[0]}", where=str(file), mend=mend) from None
    for decision in rows:
        if decision.kind == "conversation" and found.setdefault(decision.conversation_id, decision) != decision:
            raise TidelabError(f"holds two decisions on `{decision.conversation_id}`", where=str(file), mend="export the review again")
    return found


def apply(conversations: Sequence[Conversation], decisions: Mapping[str, Decision]) -> tuple[list[Conversation], list[Quarantined]]:
    """(approved, quarantined). An approved revision takes the place of the text, and provenance says so."""
    kept, left = [], []
    for c in conversations:
        decision = decisions.get(c.conversation_id)
        reason = _refused(c, decision)
        if reason or decision is None:
            said = json.dumps({"person": c.person, "chatbot": c.chatbot}, ensure_ascii=False)[:2_000]
            left.append(Quarantined(conversation_id=c.conversation_id, persona_id=c.persona_id, stage="review", reason=reason, raw=said))
            continue
        revised = {name: text for name in ("person", "chatbot") if (text := getattr(decision, name)) is not None}
        told = {"decision": "approved", "by": decision.by, "revised": sorted(revised), "reviewed_sha256": decision.sha256}
        kept.append(Conversation.model_validate(c.model_dump() | revised | {"provenance": c.provenance | {"review": told}}))
    return kept, left


def _refused(c: Conversation, decision: Decision | None) -> str:
    """Why a conversation may not enter, or nothing."""
    if decision is None:
        return "nobody has reviewed it"
    if decision.sha256 != text_hash(c.person, c.chatbot):
        return "its text is not the one that was reviewed"
    if decision.decision == "undecided":
        return f"its review is not finished: {decision.by}"
    if decision.decision == "rejected":
        return f"rejected by {decision.by}: {'; '.join(decision.reasons)}"
    return ""


def _review(path: str | None, work: Work) -> None:
    """Tables conversations (approved) and quarantine."""
    run = work.run.path
    mend = f"tide review serve --run {run}; when enough is decided, tide review export --run {run}; then run again with --set {SETTING}="
    if path is None:
        raise TidelabError(
            "the corpus asks for approved conversations and names no decisions; all before the review is done and kept",
            where=SETTING,
            mend=f"{mend}{run / 'review' / 'decisions.jsonl'}",
        )
    kept, left = apply(records(Conversation, work.read(CHECK, "conversations")), read(path))
    if not kept:
        raise TidelabError(f"none of {len(left)} conversations is approved; the first: {left[0].reason}", where=path, mend=f"{mend}{path}")
    work.write("conversations", frame(Conversation, kept))
    work.write("quarantine", frame(Quarantined, left))
    work.note(approved=len(kept), left_out=len(left))
