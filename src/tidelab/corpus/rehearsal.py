"""The rehearsal teacher: conversations composed from a grammar, offline and free, so that a whole study can be rehearsed.

Person and reply share what a conversation is about: one facet of the trigger, the emotion, the event, one habit. The reply takes up
only what the person said. Its wording is the grammar's, no clinician's; runs on it are marked as rehearsals.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Callable
from typing import Any

from tidelab.corpus.grammar import Rules, expand, load, polish, rules
from tidelab.corpus.scenarios import span
from tidelab.records import Conversation, Persona, Scenario

GRAMMAR = "3"  # raise when the same seed gives other texts
PERSON_WORDS = (40, 110)
REPLY_WORDS = (45, 95)
TRIES = 1000  # more than ever needed; one that fails is a fault of the grammar

_CONTRACTIONS = [
    (re.compile(short), full)
    for short, full in (
        (r"\bcan't\b", "cannot"),
        (r"\bCan't\b", "Cannot"),
        (r"n't\b", " not"),
        (r"'m\b", " am"),
        (r"'ll\b", " will"),
        (r"\b([Tt]hat|[Ii]t)'s\b", r"\1 is"),
    )
]


def write(persona: Persona, scenario: Scenario, seed: int, variant: int = 0) -> Conversation:
    """The conversation of a persona in a scenario; `variant` gives other words for the same pair.

    Persona and scenario must come from `personas.sample` and `scenarios.choose`, whose data the grammar knows (else KeyError).
    Person 40-110 words, reply 45-95. Same arguments, same conversation.
    """
    rng = random.Random(f"rehearsal/{GRAMMAR}/{seed}/{persona.persona_id}/{scenario.scenario_id}/{variant}")
    grammar = _shared(persona, scenario, rng)
    style = data()["rehearsal"]["styles"][persona.speech_style]

    def person_plan() -> list[str]:
        plan: list[str] = rng.choice(style["plans"]).split()
        return plan if scenario.risk == "none" else [*plan[:-1], f"hopeless_{scenario.risk}", plan[-1]]

    def reply_plan() -> list[str]:
        plan: list[str] = rng.choice(data()["rehearsal"]["plans"]).split()
        return plan[:-1] + {"moderate": ["weary", plan[-1]], "elevated": ["ask"]}.get(scenario.risk, plan[-1:])

    voice = grammar | _voice(persona.speech_style, persona.living_situation)
    event = expand("event", grammar, rng).lower()
    person, plan = compose(person_plan, voice, rng, PERSON_WORDS, must=event, contract=style.get("contract", True))
    reply, _ = compose(reply_plan, grammar | _reply(tuple(act for act in ("habit", "ago") if act in plan)), rng, REPLY_WORDS)
    return Conversation(
        conversation_id=f"{scenario.scenario_id}-c{variant}",
        persona_id=persona.persona_id,
        scenario_id=scenario.scenario_id,
        theme=scenario.theme,
        risk=scenario.risk,
        person=person,
        chatbot=reply,
        licence="CC-BY-4.0",
        source="rehearsal",
        provenance={"teacher": "rehearsal", "grammar": GRAMMAR, "seed": seed, "variant": variant},
    )


def compose(
    plan: Callable[[], list[str]], grammar: Rules, rng: random.Random, words: tuple[int, int], must: str = "", contract: bool = True
) -> tuple[str, list[str]]:
    """A polished text and the acts it carries out, one rule of the grammar each.

    Plans are drawn until a text has the words asked for (least, most), says `must` (lower-case) and doesn't repeat itself.
    """
    for _ in range(TRIES):
        acts = plan()
        text = polish(" ".join(expand(act, grammar, rng) for act in acts))
        text = text if contract else _spell_out(text)
        if words[0] <= len(text.split()) <= words[1] and must in text.lower() and not _repeats(text):
            return text, acts
    raise RuntimeError(f"the grammar found no text of {words} words with {must!r} in {TRIES} tries")


@functools.cache
def data() -> dict[str, Any]:
    """The data files of the rehearsal grammar by name."""
    return {name: load(name) for name in ("rehearsal", "triggers", "emotions", "traumas")}


def _shared(persona: Persona, scenario: Scenario, rng: random.Random) -> Rules:
    """Rules that both sides speak from, with what is drawn once for a conversation."""
    shared = data()["rehearsal"]
    kind, work = persona.occupation.split()[0], shared["work"]
    place, people = (kind, kind) if kind in work["people"] else (persona.occupation, "other")
    boss, colleague = work["people"][people]
    trauma = data()["traumas"][persona.trauma_topic]
    habit = shared["behaviors"][rng.choice(persona.behaviors)]
    facet = rng.choice(data()["triggers"][scenario.trigger]["facets"])
    # Both sides call the topic by one name, as people do; one that doesn't say again what the person tells anyway.
    names = (expand("np", _trigger(scenario.trigger), rng) for _ in range(TRIES))
    topic = next(name for name in names if not _repeats(f"{mine(name)}. {facet['me']}"))
    drawn = {
        "night": rng.choice(shared["slots"]["night"]),
        "day": rng.choice(shared["slots"]["day"]),
        "workplace": work["places"][place],
        "boss": boss,
        "your_boss": boss.replace("my ", "your "),
        "colleague": colleague,
        "your_colleague": colleague.replace("my ", "your "),
        "event": trauma["me"],
        "event_you": trauma["you"],
        "such": trauma["such"],
        "span": span(persona.years_since_trauma),
        "habit_me": habit["me"],
        "habit_you": habit["you"],
        "me": facet["me"],
        "ing": facet["ing"],
        "you": facet["you"],
        "np": topic,
        "np_me": mine(topic),
    }
    return _emotion(scenario.emotion) | _trigger(scenario.trigger) | rules(drawn)


@functools.cache
def _emotion(emotion: str) -> Rules:
    entry = data()["emotions"][emotion]
    return rules({name: entry[name] for name in ("adj", "noun", "as_if", "feeling", "cause")})


@functools.cache
def _trigger(trigger: str) -> Rules:
    entry = data()["triggers"][trigger]
    return rules({"many": entry["many"], "np": entry["np"]})


@functools.cache
def _voice(style: str, living: str) -> Rules:
    teacher = data()["rehearsal"]
    voice = {name: teacher["styles"][style][name] for name in ("lead", "open", "close")}
    return rules({**teacher["person"], **voice, "home_me": teacher["homes"][living]})


@functools.cache
def _reply(said: tuple[str, ...]) -> Rules:
    """The reply's rules; what the person did not say (a habit, how long ago) is not taken up."""
    acts = dict(data()["rehearsal"]["reply"])
    acts["reflect"] = acts["reflect"] + [line for act in said for line in acts[f"reflect_{act}"]]
    return rules(acts)


def mine(np: str) -> str:
    """A trigger's name as the person says it: `your old self` is `my old self`."""
    return re.sub(r"\byou\b", "I", re.sub(r"\byour\b", "my", np))


def _spell_out(text: str) -> str:
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    return text


def _repeats(text: str) -> bool:
    """True if a word is doubled, four words in a row stand twice, or two sentences start with the same three words."""
    words = re.findall(r"[\w']+", text.lower())
    starts = [tuple(sentence.split()[:3]) for sentence in re.split(r"(?<=[.!?]) ", text.lower())]
    fours = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    doubled = any(word == following for word, following in itertools.pairwise(words))
    return doubled or len(set(fours)) < len(fours) or len(set(starts)) < len(starts)
