"""One row of a data set that holds all of a conversation: its persona and its scenario beside it, as `docs/formats.md` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tidelab.corpus.formats.fields import PERSONA_FIELDS
from tidelab.records import Conversation, Persona, Scenario, row, schema

if TYPE_CHECKING:
    import polars as pl

_OF_SCENARIOS = ("emotion", "trigger", "description")


def rows(
    conversations: Iterable[Conversation], personas: Mapping[str, Persona], scenarios: Mapping[str, Scenario]
) -> Iterator[dict[str, Any]]:
    """Conversations as plain rows, `provenance` as JSON text; what is not known of persona or scenario is empty."""
    for c in conversations:
        who = personas.get(c.persona_id) or Persona(persona_id=c.persona_id)
        where = scenarios.get(c.scenario_id)
        yield row(c) | {n: getattr(where, n, "") for n in _OF_SCENARIOS} | {n: getattr(who, n) for n in PERSONA_FIELDS}


def columns() -> dict[str, pl.DataType]:
    """The columns of such a row."""
    of_scenarios, of_personas = schema(Scenario), schema(Persona)
    return schema(Conversation) | {n: of_scenarios[n] for n in _OF_SCENARIOS} | {n: of_personas[n] for n in PERSONA_FIELDS}


def descriptions() -> dict[str, str]:
    """What each column means."""
    fields = {**Persona.model_fields, **{n: Scenario.model_fields[n] for n in _OF_SCENARIOS}, **Conversation.model_fields}
    return {name: fields[name].description or "" for name in columns()}
