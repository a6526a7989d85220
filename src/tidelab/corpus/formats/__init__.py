"""Readers of data sets that others made: TIDE's directories, JSON Lines, CSV and Parquet. What they take stands in docs/formats.md."""

from __future__ import annotations

from dataclasses import dataclass

from tidelab.records import Conversation, Persona, Quarantined, Scenario


@dataclass(frozen=True)
class Import:
    """What a reader found: usable records, what was left out and why, and what the user should know."""

    personas: list[Persona]
    scenarios: list[Scenario]
    conversations: list[Conversation]
    quarantined: list[Quarantined]
    warnings: list[str]
