"""Design: a whole human study as one validated document, `study.yaml`."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from tidelab import settings
from tidelab.errors import TidelabError
from tidelab.study.parts import Consent, PerParticipant, Practice, Question, Questionnaire, Resource, Scale, Section
from tidelab.study.translation import Translation, lacking, questions_in
from tidelab.web import words

DECLINED = "declined"
TAG = r"^[a-z]{2}(-[A-Z]{2})?$"
RETURNS = "{prolific, sona: where to go at the end}; `{code}` becomes the code, `{id}` the service's own name of the person"
SLOT = "["
"""What stands for a text that the study's owner has yet to write."""


class Design(Section):
    """A whole human study."""

    format: Literal[1] = Field(1, description="of this file")
    name: str = Field("study", pattern=r"^[A-Za-z0-9._-]+$", description="a short name")
    title: str = Field("How do these replies feel?", min_length=1, description="what participants see as its name")
    languages: list[str] = Field(["en"], min_length=1, description="of the pages; the texts here are in the first; participants choose")
    reviewed: list[str] = Field(default_factory=list, description="languages whose machine-written words a speaker has read for you")
    items_language: str = Field("en", pattern=TAG, description="language of the conversations and replies")
    seed: int = Field(7, ge=0, description="of groups, blocks and orders")
    organisation: str = Field("", description="who is responsible")
    contact: str = Field("", description="how to reach them; shown on every page")
    consent: Consent = Field(default_factory=Consent, description="what people agree to")
    resources: list[Resource] = Field(default_factory=list, description="who can be turned to, shown on every page")
    warning: str = Field(min_length=1, description="the content warning")
    instructions: str = Field(min_length=1, description="what to do")
    debrief: str = Field(min_length=1, description="what the study is about, told at the end")
    practice: Practice = Field(description="the example that is rated for practice")
    items: list[str] = Field(min_length=1, description="conversation_ids that are rated")
    systems: list[str] = Field(min_length=1, description="system_ids whose replies are rated")
    per_participant: PerParticipant = Field(default_factory=PerParticipant, description="how much one person sees")
    scales: list[Scale] = Field(min_length=1, description="what each reply is rated on")
    pairwise: bool = Field(False, description="after each conversation: which of its first and last reply one would rather get")
    open_text: bool = Field(False, description="own words may be written to each reply")
    attention: int = Field(2, ge=0, le=10, description="attention checks in a session")
    topics: bool = Field(True, description="topics can be left out at the start")
    topic_words: dict[str, str] = Field(default_factory=dict, description="{theme: words}; a theme itself where left out")
    screening: list[Question] = Field(default_factory=list, description="who can take part")
    demographics: list[Question] = Field(default_factory=list, description="each may be declined")
    questionnaires: list[Questionnaire] = Field(default_factory=list, description="further pages of questions")
    check: list[Question] = Field(default_factory=list, description="comprehension check, two tries")
    target: int = Field(60, ge=1, description="completed sessions wanted; then nobody new is let in")
    reservation_minutes: int = Field(90, ge=5, description="since the last page, until a place is given to somebody else")
    minimum_seconds: float = Field(3.0, ge=0, description="median time to a rating page below which a session is flagged")
    retention_days: int = Field(365, ge=1, description="days after the last page on which a person's rows are deleted")
    returns: dict[str, str] = Field(default_factory=dict, description=RETURNS)

    translations: dict[str, Translation] = Field(default_factory=dict, description="{language: the texts in it}, of all but the first")

    @model_validator(mode="before")
    @classmethod
    def _of_one_language(cls, document: Any) -> Any:
        if isinstance(document, dict) and "language" in document and "languages" not in document:  # as studies of one language were kept
            return {k: v for k, v in document.items() if k != "language"} | {"languages": [document["language"]]}
        return document

    @field_validator("languages")
    @classmethod
    def _have_words(cls, languages: list[str]) -> list[str]:
        for language in languages:
            if language not in words.languages("study"):
                raise ValueError(f"there is no catalogue of `{language}`; there are: {', '.join(words.languages('study'))}")
        if len(set(languages)) != len(languages):
            raise ValueError("`languages` names one twice")
        return languages

    @field_validator("returns")
    @classmethod
    def _are_addresses(cls, returns: dict[str, str]) -> dict[str, str]:
        for channel, address in returns.items():
            if channel not in ("prolific", "sona") or not address.startswith("https://"):
                raise ValueError("returns are `prolific: https://...` and `sona: https://...`")
        return returns

    @model_validator(mode="after")
    def _fits_together(self) -> Design:
        for what in ("items", "systems"):
            values = getattr(self, what)
            if len(set(values)) != len(values):
                raise ValueError(f"`{what}` names one twice")
            if getattr(self.per_participant, what) > len(values):
                raise ValueError(f"per_participant.{what} is more than there are {what} ({len(values)})")
        if set(self.translations) != set(self.languages[1:]):
            raise ValueError(f"`translations` must hold: {', '.join(self.languages[1:]) or 'nothing, since there is one language'}")
        for language, texts in self.translations.items():
            if lack := lacking(texts, self.scales, self.questions(), self.questionnaires):
                raise ValueError(f"translations.{language}.{lack}")
        names = [q.name for part in (self.screening, self.demographics, self.check) for q in part] + [s.name for s in self.scales]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise ValueError(f"two questions are called `{doubled[0]}`")
        if any(q.right is None for q in self.check):
            raise ValueError("each question of `check` says which answer is `right`")
        return self

    @property
    def language(self) -> str:
        """Of the texts here."""
        return self.languages[0]

    def questions(self) -> list[Question]:
        """All questions that participants are asked besides the ratings."""
        return [*self.screening, *self.demographics, *self.check, *(q for page in self.questionnaires for q in page.questions)]

    def said(self, language: str) -> Design:
        """The study as it is told in one of its languages. Names, values and orders are the same."""
        if language == self.language:
            return self
        t = self.translations[language]
        pages = [
            p.model_copy(update=t.questionnaires[p.name].model_dump() | {"questions": questions_in(p.questions, t.questions)})
            for p in self.questionnaires
        ]
        return self.model_copy(
            update={
                "languages": [language, *(other for other in self.languages if other != language)],
                "translations": {},
                **{name: getattr(t, name) for name in ("title", "warning", "instructions", "debrief", "practice", "topic_words")},
                "consent": self.consent.model_copy(update={"text": t.consent}),
                "scales": [s.model_copy(update=t.scales[s.name].model_dump()) for s in self.scales],
                **{name: questions_in(getattr(self, name), t.questions) for name in ("screening", "demographics", "check")},
                "questionnaires": pages,
            }
        )

    def translation(self) -> Translation:
        """The texts in the study's own language, as they stand in one that begins with another."""
        same = ("title", "warning", "instructions", "debrief", "practice", "topic_words")
        return Translation.model_validate(
            {name: getattr(self, name) for name in same}
            | {
                "consent": self.consent.text,
                "scales": {s.name: s.model_dump(exclude={"name"}) for s in self.scales},
                "questions": {q.name: q.model_dump(include={"ask", "hint", "options"}) for q in self.questions()},
                "questionnaires": {p.name: p.model_dump(include={"title", "text"}) for p in self.questionnaires},
            }
        )

    def unread(self) -> list[str]:
        """Languages whose words a machine wrote, and of which the study's owner has not said that a speaker has read them."""
        return [name for name in self.languages if name not in self.reviewed and not words.words(name, "study").reviewed]

    def unready(self) -> list[str]:
        """What the study's owner has to write before a person can be asked; empty where all is there."""
        missing = []
        if not self.contact.strip() or SLOT in self.contact:
            missing.append("contact: how participants reach you")
        if len(self.consent.text.split()) < 20 or SLOT in self.consent.text:
            missing.append("consent.text: your own consent text, without the bracketed slots")
        for language, t in self.translations.items():
            if len(t.consent.split()) < 20 or SLOT in t.consent:
                missing.append(f"translations.{language}.consent: your own consent text in this language, without the bracketed slots")
        for language, topics in {"": self.topic_words, **{name: t.topic_words for name, t in self.translations.items()}}.items():
            if any(SLOT in told for told in topics.values()):
                missing.append(f"{f'translations.{language}.' if language else ''}topic_words: what stands in brackets")
        if not self.resources or any(SLOT in r.contact + r.name for r in self.resources):
            missing.append("resources: at least one service that participants can turn to, which you have checked yourself")
        return missing

    def text(self) -> str:
        """As YAML, every value written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)

    def sha256(self) -> str:
        """What tells one version of the study from another; the number wanted may change without a new version."""
        decides = self.model_dump(mode="json", exclude={"target", "retention_days", "reviewed"})
        return hashlib.sha256(yaml.safe_dump(decides, sort_keys=True).encode()).hexdigest()[:32]


def defaults(language: str = "") -> dict[str, Any]:
    """Scales, questions and texts that a new study starts from, in English; of another language a Translation of them."""
    name = f"defaults.{language}.yaml" if language else "defaults.yaml"
    document: dict[str, Any] = yaml.safe_load((resources.files("tidelab.study") / name).read_text("utf-8"))
    return document


def load(path: Path) -> Design:
    """The study in a file. TidelabError naming file and line."""
    if not path.is_file():
        raise TidelabError("there is no study here yet", where=str(path), mend="make one: `tide study init --run RUN`")
    document, origins = settings.read(path, "make one with `tide study init --run RUN`")
    try:
        return Design.model_validate(document)
    except ValidationError as error:
        raise settings.explained(error, origins, str(path), Design) from None
