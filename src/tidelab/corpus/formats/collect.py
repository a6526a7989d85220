"""Rows to records, one at a time: what every reader shares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from tidelab.corpus.formats import Import
from tidelab.corpus.formats.fields import PERSONA_FIELDS, blank, fault, persona, plain, readable, text
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona, Quarantined, Scenario, Source

_RAW = 2_000  # characters of a quarantined row that are kept
_OF_SCENARIOS = ("emotion", "trigger", "description")
_LABELS = ("scenario_id", "theme", "risk", "licence", "source")


class Collector:
    """Takes the rows of one data set in order; the first of two equal ids stays.

    licence -- of rows that name none; origin -- what goes into every row's provenance.
    """

    def __init__(self, licence: str = "", origin: Mapping[str, Any] | None = None) -> None:
        self._licence, self._origin = licence, dict(origin or {})
        self._personas: dict[str, Persona] = {}
        self._scenarios: dict[str, Scenario] = {}
        self._conversations: list[Conversation] = []
        self._quarantined: list[Quarantined] = []
        self._stood: dict[str, str] = {}  # conversation_id -> where it was first met
        self._warnings: dict[str, list[Any]] = {}  # sentence -> [how often, where first]

    def warn(self, sentence: str, where: str) -> None:
        """Keep a warning; equal sentences are counted, not repeated."""
        seen = self._warnings.setdefault(sentence, [0, where])
        seen[0] += 1

    def unread(self, fields: Mapping[str, str], where: str) -> None:
        """Warn of persona fields that could not be read: {field: why}."""
        for name, why in fields.items():
            self.warn(f"a persona's `{name}` could not be read and stays empty (kept in provenance): {why}", where)

    def refuse(self, reason: str, where: str, raw: Any, conversation_id: str = "", persona_id: str = "") -> None:
        """Put a row or a file into quarantine."""
        shown = raw if isinstance(raw, str) else _dump(raw)
        self._quarantined.append(
            Quarantined(
                conversation_id=readable(conversation_id) or where,
                persona_id=readable(persona_id),
                stage="read",
                reason=reason,
                where=where,
                raw=readable(shown[:_RAW]),
            )
        )

    def add(self, row: Mapping[str, Any], where: str, place: Mapping[str, Any], *, name: str, who: Persona | None = None) -> None:
        """One row with at least `person` and `chatbot`.

        where -- file:line, for people; place -- the same for provenance; name -- its id where the row gives none;
        who -- its persona where the format keeps personas elsewhere (then the row's own persona fields are not read).
        """
        conversation_id = name if blank(row.get("conversation_id")) else str(text(row["conversation_id"])).strip()
        own = blank(row.get("persona_id"))
        persona_id = who.persona_id if who else conversation_id if own else str(text(row["persona_id"])).strip()
        reason = fault(dict(row)) or _speechless(row)
        if not reason and conversation_id in self._stood:
            reason = f"its id `{conversation_id}` was already used at {self._stood[conversation_id]}; the first is kept"
        if reason:
            self.refuse(reason, where, row, conversation_id, persona_id)
            return
        taken: set[str] = set()
        if who is None:
            said = {name: row[name] for name in PERSONA_FIELDS if name in row}
            who, unread = persona(persona_id, said)
            taken = {"persona_id", *said} - unread.keys()
            self.unread(unread, where)
            if own:
                self.warn("no `persona_id`: the conversation counts as a persona of its own", where)
        try:
            if self._licence and blank(row.get("licence")):
                row = {**row, "licence": self._licence}
            conversation = _conversation(row, {**place, **self._origin}, conversation_id, persona_id, taken)
        except ValidationError as error:
            self.refuse("; ".join(f"`{e['loc'][0]}`: {e['msg']}" for e in error.errors()), where, row, conversation_id, persona_id)
            return
        if not blank(row.get("split")):
            self.warn("the data set's own split is not used (tidelab splits by persona); it is kept in provenance", where)
        self._stood[conversation_id] = where
        self._conversations.append(conversation)
        if self._personas.setdefault(persona_id, who) != who:
            self.warn("a persona is described differently in different rows; its first description is used", where)
        if conversation.scenario_id and conversation.theme and conversation.scenario_id not in self._scenarios:
            said = {name: str(text(row[name])).strip() for name in _OF_SCENARIOS if not blank(row.get(name))}
            self._scenarios[conversation.scenario_id] = Scenario(
                scenario_id=conversation.scenario_id, theme=conversation.theme, risk=conversation.risk, **said
            )

    def result(self, source: str) -> Import:
        """All that was taken. TidelabError if nothing usable is left."""
        if not self._conversations:
            if not self._quarantined:
                raise TidelabError("holds no conversations", where=source, mend="give a data set with at least two conversations")
            first = self._quarantined[0]
            raise TidelabError(
                f"none of its {len(self._quarantined)} rows can be used; the first: {first.reason}",
                where=first.where,
                mend="mend the data set; what each format needs stands in docs/formats.md",
            )
        warnings = [
            f"{sentence} (first at {where}{f', {times:,} times' if times > 1 else ''})"
            for sentence, (times, where) in self._warnings.items()
        ]
        return Import(list(self._personas.values()), list(self._scenarios.values()), self._conversations, self._quarantined, warnings)


def _speechless(row: Mapping[str, Any]) -> str:
    for field, what in (("person", "what the person says"), ("chatbot", "the reply")):
        value = row.get(field)
        if value is None or (isinstance(value, float) and blank(value)):
            return f"`{field}` ({what}) is missing"
        if not isinstance(text(value), str):
            return f"`{field}` ({what}) is not text but {type(value).__name__}"
        if blank(value):
            return f"`{field}` ({what}) is empty or blank"
    return ""


def _conversation(row: Mapping[str, Any], place: Mapping[str, Any], conversation_id: str, persona_id: str, taken: set[str]) -> Conversation:
    """taken -- the row's fields that its persona took; what nobody takes is kept in provenance."""
    labels = {k: v.strip() if isinstance(v := text(row[k]), str) else v for k in _LABELS if not blank(row.get(k))}
    if labels.get("source") not in get_args(Source):
        labels.pop("source", None)  # somebody else's word: kept in provenance below
    known = {"conversation_id", "person", "chatbot", "provenance", *labels, *taken}
    if labels.get("scenario_id") and labels.get("theme"):
        known |= set(_OF_SCENARIOS)
    rest = {k: plain(v) for k, v in row.items() if k not in known and not blank(v)}
    provenance = {**_provenance(row.get("provenance")), **place, **({"columns": rest} if rest else {})}
    person, chatbot = text(row["person"]), text(row["chatbot"])
    return Conversation(
        conversation_id=conversation_id, persona_id=persona_id, person=person, chatbot=chatbot, provenance=provenance, **labels
    )


def _provenance(given: Any) -> dict[str, Any]:
    """A row's own provenance: an object, or in tables the JSON text of one; anything else is kept under `said`."""
    if isinstance(given, str):
        try:
            parsed = json.loads(given)
        except (ValueError, RecursionError):
            parsed = given
        given = parsed if isinstance(parsed, dict) and not fault(parsed) else given
    if isinstance(given, dict):
        return {str(k): plain(v) for k, v in given.items()}
    return {} if blank(given) else {"said": plain(given)}


def _dump(raw: Any) -> str:
    try:
        return json.dumps(raw, ensure_ascii=False, default=str)
    except (RecursionError, ValueError, TypeError):
        return repr(type(raw))
