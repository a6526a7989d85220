"""The way through the study: its steps in order, and the questions that each asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidelab.study.assign import Showing
from tidelab.study.design import Design
from tidelab.study.parts import Question
from tidelab.web.words import Words, words

FIXED = {"consent", "topics", "screening", "check"}
"""Once answered, these stay as they are."""


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
    text: str = ""
    """What stands above the questions, where neither the study nor the page says it."""


def steps(design: Design, showings: Sequence[Showing] | None, topics: Sequence[str]) -> list[Step]:
    """All steps, in the design's language; without `showings` those before the first rating, since what is rated is not decided yet."""
    say = words(design.language, "study")
    agree = Question(name="agree", ask=say("agree"), options={"yes": say("agree_yes"), "no": say("agree_no")})
    path = [_step(say, "consent", agree)]
    leave = Question(
        name="left_out",
        ask=say("topics"),
        hint=say("topics_hint"),
        options={t: design.topic_words.get(t) or t.replace("-", " ").replace("_", " ") for t in topics},
        many=True,
        required=False,
    )
    path.append(_step(say, "topics", *([leave] if design.topics and len(topics) > 1 else [])))
    if design.screening:
        path.append(_step(say, "screening", *_asked(say, design.screening)))
    if design.demographics:
        path.append(_step(say, "about", *_asked(say, design.demographics)))
    path += [Step(f"q-{q.name}", "about", q.title, _asked(say, q.questions), text=q.text) for q in design.questionnaires]
    path.append(_step(say, "instructions"))
    if design.check:
        path.append(_step(say, "check", *_asked(say, design.check)))
    path.append(_step(say, "practice", *ratings(design)))
    if showings is None:
        return path
    return [*path, *_rating(design, say, showings), _step(say, "debrief", _words(say, "comment", "comment"))]


def total(design: Design, showings: Sequence[Showing] | None, topics: Sequence[str]) -> int:
    """How many steps there are, or will be: for the progress bar."""
    known = len(steps(design, showings, topics))
    n = design.per_participant
    return known if showings is not None else known + n.items * (n.systems + _compares(design)) + (n.items > 1) + 1


def ratings(design: Design) -> list[Question]:
    """The scales as questions."""
    return [Question(name=s.name, ask=s.title, hint=s.ask, options={str(i): a for i, a in enumerate(s.anchors, 1)}) for s in design.scales]


def _rating(design: Design, say: Words, showings: Sequence[Showing]) -> list[Step]:
    path: list[Step] = []
    items = max((s.item for s in showings), default=0)
    checked = {(i + 1) * len(showings) // (design.attention + 1) for i in range(design.attention)} if showings else set()
    for place, s in enumerate(showings, 1):
        questions, asked = ratings(design), None
        if place in checked:
            asked = str(1 + (place * 3) % 5)
            options = {n: say(f"number_{n}") for n in "12345"}
            ask = say("attention", word=options[asked].lower())
            questions.insert(len(questions) // 2, Question(name="attention", ask=ask, hint=say("attention_hint"), options=options))
        if design.open_text:
            questions.append(_words(say, "words", "own_words"))
        replies = sum(o.item == s.item for o in showings)
        title = say("step_rate", item=s.item, items=items, reply=s.reply, replies=replies)
        path.append(Step(f"rate-{s.item}-{s.reply}", "rate", title, tuple(questions), (s,), place, asked))
        if s.reply == replies:
            first = next(o for o in showings if o.item == s.item)
            if _compares(design) and first != s:
                replies_by = {"first": say("reply_first"), "second": say("reply_second"), "none": say("no_preference")}
                which = Question(name="preference", ask=say("preference"), options=replies_by)
                path.append(Step(f"choice-{s.item}", "choice", say("step_choice"), (which,), (first, s)))
            if s.item == (items + 1) // 2 and s.item < items:
                path.append(_step(say, "break"))
    return path


def _compares(design: Design) -> bool:
    return design.pairwise and design.per_participant.systems > 1


def _step(say: Words, kind: str, *questions: Question) -> Step:
    return Step(kind, kind, say(f"step_{kind}"), tuple(questions))


def _words(say: Words, name: str, ask: str) -> Question:
    return _asked(say, [Question(name=name, ask=say(ask), hint=say("text_hint"), required=False)])[0]


def _asked(say: Words, questions: Sequence[Question]) -> tuple[Question, ...]:
    """The questions as they are shown: beside a box for one's own words it says that nobody reads them now, for who might hope for help."""
    told = say("nobody_reads")
    return tuple(q if q.options else q.model_copy(update={"hint": f"{q.hint} {told}".strip()}) for q in questions)
