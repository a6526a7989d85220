"""The way through the study: its steps in order, and the questions that each asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidelab.study.assign import Showing
from tidelab.study.design import Design, Question

KINDS = {
    "consent": "Your consent",
    "topics": "Before you begin",
    "screening": "Can you take part today?",
    "about": "About you",
    "instructions": "What you will do",
    "check": "Is it clear?",
    "practice": "A try",
    "rate": "",
    "choice": "Which of two?",
    "break": "Time for a break",
    "debrief": "Thank you",
}
FIXED = {"consent", "topics", "screening", "check"}
"""Once answered, these stay as they are."""
PREFERENCE = {"first": "Reply A", "second": "Reply B", "none": "No preference"}


@dataclass(frozen=True)
class Step:
    """One page. `key` is its address; `showings`: the reply that is rated, or the two that are compared."""

    key: str
    kind: str
    title: str
    questions: tuple[Question, ...] = ()
    showings: tuple[Showing, ...] = ()
    shown: int | None = None
    """The reply's place in what the participant sees, 1 first."""
    attention: str | None = None
    """The value that the attention check of this page asks for."""


def steps(design: Design, showings: Sequence[Showing] | None, topics: Sequence[str]) -> list[Step]:
    """All steps; without `showings` those before the first rating, since what is rated is not decided yet."""
    agree = Question(name="agree", ask="Do you want to take part?", options={"yes": "Yes, I agree", "no": "No"})
    path = [_step("consent", agree)]
    leave = Question(
        name="left_out",
        ask="Is there a topic that you would rather not read about today?",
        hint="You may leave out as many as you like. Nobody asks why.",
        options={t: t.replace("-", " ").replace("_", " ") for t in topics},
        many=True,
        required=False,
    )
    path.append(_step("topics", *([leave] if design.topics and len(topics) > 1 else [])))
    if design.screening:
        path.append(_step("screening", *design.screening))
    if design.demographics:
        path.append(_step("about", *design.demographics))
    path += [Step(f"q-{q.name}", "about", q.title, tuple(q.questions)) for q in design.questionnaires]
    path.append(_step("instructions"))
    if design.check:
        path.append(_step("check", *design.check))
    path.append(_step("practice", *ratings(design)))
    if showings is None:
        return path
    return [*path, *_rating(design, showings), _step("debrief", _words("comment", "Is there anything you would like to tell us?"))]


def total(design: Design, showings: Sequence[Showing] | None, topics: Sequence[str]) -> int:
    """How many steps there are, or will be: for the progress bar."""
    known = len(steps(design, showings, topics))
    n = design.per_participant
    return known if showings is not None else known + n.items * (n.systems + _compares(design)) + (n.items > 1) + 1


def ratings(design: Design) -> list[Question]:
    """The scales as questions."""
    return [Question(name=s.name, ask=s.title, hint=s.ask, options={str(i): a for i, a in enumerate(s.anchors, 1)}) for s in design.scales]


def _rating(design: Design, showings: Sequence[Showing]) -> list[Step]:
    path: list[Step] = []
    items = max((s.item for s in showings), default=0)
    checked = {(i + 1) * len(showings) // (design.attention + 1) for i in range(design.attention)} if showings else set()
    for place, s in enumerate(showings, 1):
        questions, asked = ratings(design), None
        if place in checked:
            asked = str(1 + (place * 3) % 5)
            told = "This one shows that the page is being read."
            options = dict(zip("12345", ("One", "Two", "Three", "Four", "Five"), strict=True))
            ask = f"Please choose {options[asked].lower()} here"
            questions.insert(len(questions) // 2, Question(name="attention", ask=ask, hint=told, options=options))
        if design.open_text:
            questions.append(_words("words", "Would you like to say why?"))
        replies = sum(o.item == s.item for o in showings)
        title = f"Conversation {s.item} of {items}, reply {s.reply} of {replies}"
        path.append(Step(f"rate-{s.item}-{s.reply}", "rate", title, tuple(questions), (s,), place, asked))
        if s.reply == replies:
            first = next(o for o in showings if o.item == s.item)
            if _compares(design) and first != s:
                which = Question(name="preference", ask="Which would you rather have got?", options=PREFERENCE)
                path.append(Step(f"choice-{s.item}", "choice", KINDS["choice"], (which,), (first, s)))
            if s.item == (items + 1) // 2 and s.item < items:
                path.append(_step("break"))
    return path


def _compares(design: Design) -> bool:
    return design.pairwise and design.per_participant.systems > 1


def _step(kind: str, *questions: Question) -> Step:
    return Step(kind, kind, KINDS[kind], tuple(questions))


def _words(name: str, ask: str) -> Question:
    return Question(name=name, ask=ask, hint="May stay empty. Please write nothing that says who you are.", required=False)
