"""Crisis cards: who can be called in a country, as data with source and date. A card that nobody has verified is never served."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tidelab.errors import TidelabError


class Card(BaseModel):
    """One service. Its words are shown as they stand; nothing about it is made at run time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str = Field(pattern=r"^[A-Z]{2}$")
    """ISO 3166 code."""
    name: str = Field(min_length=1)
    contact: str = Field(min_length=1)
    """Number, address of a chat, as the operator prints it."""
    hours: str = ""
    source: str = Field(min_length=1)
    """The operator's own page, or a health service's."""
    read: date | None = None
    """When a person read it there."""
    verified: bool = False

    @model_validator(mode="after")
    def _verified_means_read(self) -> Card:
        if self.verified and self.read is None:
            raise ValueError("a verified card says when its source was read: `read: 2026-01-31`")
        return self


def load(folder: Path | None = None) -> list[Card]:
    """All cards, verified or not, by country and name. TidelabError naming the file of one that is not in order."""
    place = folder or Path(str(resources.files("tidelab.safety"))) / "cards"
    found = []
    for path in sorted(place.glob("*.yaml")):
        for number, card in enumerate(yaml.safe_load(path.read_text("utf-8")) or []):
            try:
                found.append(Card.model_validate(card))
            except ValidationError as error:
                told = error.errors()[0]
                where = f"{path}: card {number + 1}: {'.'.join(map(str, told['loc']))}"
                raise TidelabError(told["msg"], where=where, mend="mend the card, or take it out") from None
    return sorted(found, key=lambda card: (card.country, card.name))


def served(country: str, folder: Path | None = None) -> list[Card]:
    """The verified cards of a country: the only ones that may be shown to a person."""
    return [card for card in (_shipped() if folder is None else load(folder)) if card.verified and card.country == country]


def countries(folder: Path | None = None) -> set[str]:
    """The countries of which there is a verified card: others have nothing that may be shown."""
    return {card.country for card in (_shipped() if folder is None else load(folder)) if card.verified}


@lru_cache(maxsize=1)
def _shipped() -> list[Card]:
    return load()
