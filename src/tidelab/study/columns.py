"""The column map: how ratings that were collected elsewhere say who rated what, and how."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from tidelab import settings
from tidelab.errors import TidelabError
from tidelab.records import Participant
from tidelab.study.parts import Section


class Level(Section):
    """One level of a nested JSON document: its keys, and what they name."""

    name: str = Field(min_length=1, description="`system_id`, or a name to use in `conversation_id`")
    keys: list[str] = Field(min_length=1, description="the keys that are entered; others are left alone")


class Map(Section):
    """A column map."""

    form: Literal["long", "wide", "json"] = Field(description="a row a rating (or a reply); a row a participant; a list of nested objects")
    participant: str = Field(min_length=1, description="column or key that names the participant")
    conversation_id: str = Field("conversation_id", description="long: its column; json: a path such as `{scenario}.conv_id`")
    system_id: str = Field("system_id", description="long: its column")
    factor: str | None = Field(None, description="long: column that names the factor, where each row is one rating")
    value: str = Field("value", description="long with `factor`: the rating's column")
    factors: list[str] = Field(default_factory=list, description="columns or keys that are factors")
    pattern: str | None = Field(
        None, description="wide: a regular expression with the groups conversation_id, system_id, factor over column names"
    )
    columns: dict[str, dict[str, str]] = Field(default_factory=dict, description="wide: {column: {conversation_id, system_id, factor}}")
    levels: list[Level] = Field(default_factory=list, description="json: the way down to the ratings")
    scale: tuple[float, float] = Field((1, 5), description="lowest and highest rating")
    scales: dict[str, tuple[float, float]] = Field(default_factory=dict, description="the same of single factors")
    words: dict[str, float] = Field(default_factory=dict, description="{what was written: rating}; numbers and `4 - often` need none")
    order: str | None = Field(None, description="long: column with the place in which the reply was shown")
    seconds: str | None = Field(None, description="column or key: seconds that the session took")
    start: str | None = Field(None, description="column with the time of the start, ISO 8601 or `2026-01-31 12:00:00`")
    end: str | None = Field(None, description="column with the time of the end")
    finished: str | None = Field(None, description="column that says whether the session was finished (`1`, `True`, `APPROVED`)")
    about: dict[str, str] = Field(default_factory=dict, description="{field of the participant: column}")
    skip_rows: int = Field(0, ge=0, description="rows after the heading that are no data; Qualtrics writes 2")
    notes: list[str] = Field(default_factory=list, description="what must be said beside the numbers")

    @model_validator(mode="after")
    def _says_where(self) -> Map:
        if self.form == "wide" and not (self.pattern or self.columns):
            raise ValueError("a wide form needs `pattern` or `columns`")
        if self.form == "wide" and self.pattern:
            groups = re.compile(self.pattern).groupindex
            if missing := {"conversation_id", "system_id", "factor"} - groups.keys():
                raise ValueError(f"`pattern` lacks the group (?P<{sorted(missing)[0]}>...)")
        if self.form == "json" and not (self.levels and self.factors):
            raise ValueError("a json form needs `levels` and `factors`")
        if self.form == "long" and not (self.factor or self.factors):
            raise ValueError("a long form needs `factor`, or `factors` where each row is a reply with all its ratings")
        if unknown := set(self.about) - set(Participant.model_fields):
            raise ValueError(f"a participant has no field `{sorted(unknown)[0]}`; fields: {', '.join(Participant.model_fields)}")
        return self

    def bounds(self, factor: str) -> tuple[float, float]:
        """Lowest and highest rating of a factor."""
        return self.scales.get(factor, self.scale)


def shipped() -> dict[str, Path]:
    """Maps that come with tidelab, by name."""
    return {p.stem: p for p in sorted((Path(str(resources.files("tidelab.study"))) / "maps").glob("*.yaml"))}


def load(which: str) -> Map:
    """A shipped map by name, or one from a file. TidelabError naming file and line."""
    path = shipped().get(which) or Path(which)
    if not path.is_file():
        mend = f"give a YAML file, or one of: {', '.join(shipped())}"
        raise TidelabError("there is no such column map", where=f"--map {which}", mend=mend)
    document, origins = settings.read(path, "start with `form: long` and `participant: ...`, see docs/study.md")
    try:
        return Map.model_validate(document)
    except (ValidationError, re.error) as error:
        if isinstance(error, re.error):
            raise TidelabError(f"`pattern` is no regular expression: {error}", where=str(path), mend="mend it") from None
        raise settings.explained(error, origins, str(path), Map) from None
