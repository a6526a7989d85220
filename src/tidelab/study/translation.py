"""A study's own texts in another of its languages. What isn't words (values, what excludes, what is right) stays with the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from tidelab.study.parts import Practice, Question, Questionnaire, Scale, Section


class QuestionWords(Section):
    """Of one question; `options` has the words of the same values."""

    ask: str = Field(min_length=1, description="the question's words")
    hint: str = Field("", description="a sentence below it")
    options: dict[str, str] = Field(default_factory=dict, description="{value: words}")


class ScaleWords(Section):
    """Of one scale."""

    title: str = Field(min_length=1, description="its heading")
    ask: str = Field(min_length=1, description="the question")
    anchors: list[str] = Field(min_length=5, max_length=5, description="the words of 1 to 5")


class QuestionnaireWords(Section):
    """Of one further questionnaire; its questions stand with the others."""

    title: str = Field(min_length=1, description="its heading")
    text: str = Field("", description="what stands above the questions")


class Translation(Section):
    """All of a study's texts in one more language."""

    title: str = Field(min_length=1, description="what participants see as the study's name")
    consent: str = Field("", description="the approved text; its version is the study's")
    warning: str = Field(min_length=1, description="the content warning")
    instructions: str = Field(min_length=1, description="what to do")
    debrief: str = Field(min_length=1, description="what the study is about, told at the end")
    practice: Practice = Field(description="the example that is rated for practice")
    scales: dict[str, ScaleWords] = Field(description="by the scale's name")
    questions: dict[str, QuestionWords] = Field(default_factory=dict, description="by the question's name, of all pages")
    questionnaires: dict[str, QuestionnaireWords] = Field(default_factory=dict, description="by the questionnaire's name")
    topic_words: dict[str, str] = Field(default_factory=dict, description="{theme: words} of the topics that can be left out")


def lacking(t: Translation, scales: Sequence[Scale], questions: Sequence[Question], more: Sequence[Questionnaire]) -> str:
    """The first text that the translation lacks or has too many of; empty where it fits."""
    for what, has, wants in (
        ("scales", t.scales.keys(), [s.name for s in scales]),
        ("questions", t.questions.keys(), [q.name for q in questions]),
        ("questionnaires", t.questionnaires.keys(), [q.name for q in more]),
    ):
        for name in wants:
            if name not in has:
                return f"{what}.{name} is missing"
        for name in has:
            if name not in wants:
                return f"{what}.{name}: the study has nothing of this name"
    names = [q.name for q in questions]
    for q in questions:
        if names.count(q.name) > 1:
            return f"questions.{q.name}: two questions of the study are called so, and words are found by name"
        if set(t.questions[q.name].options) != set(q.options):
            return f"questions.{q.name}.options: give words for {', '.join(q.options) or 'none'}"
    return ""


def questions_in(questions: Sequence[Question], words: Mapping[str, QuestionWords]) -> list[Question]:
    """The same questions in the other language, options in the study's order."""
    return [
        q.model_copy(
            update={"ask": words[q.name].ask, "hint": words[q.name].hint, "options": {v: words[q.name].options[v] for v in q.options}}
        )
        for q in questions
    ]
