"""The rehearsal teacher: conversations composed from a grammar, offline and free, so that a whole study can be rehearsed.

Person and reply share what a conversation is about: one facet of the trigger, the emotion, the event, one habit. The reply takes up
only what the person said. Its wording is the grammar's, no clinician's; runs on it are marked as rehearsals.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable
from typing import Any

from tidelab.corpus.grammar import Rules, expand, load, polish, rules
from tidelab.corpus.scenarios import span
from tidelab.records import Conversation, Persona, Scenario

GRAMMAR = "1"  # raise when the same seed gives other texts
PERSON_WORDS = (40, 90)
REPLY_WORDS = (45, 95)
TRIES = 200  # more than ever needed; one that fails is a fault of the grammar

_CONTRACTIONS = [(re.compile(p, re.IGNORECASE), full) for p, full in (
    (r"\bcan't\b", "cannot"), (r"\bwon't\b", "will not"), (r"n't\b", " not"), (r"\bI'm\b", "I am"), (r"'ll\b", " will"), (r"\b(that|it)'s\b", r"\1 is"),
)]  # fmt: skip


def write(persona: Persona, scenario: Scenario, seed: int, variant: int = 0) -> Conversation:
    """The conversation of a persona in a scenario; `variant` gives other words for the same pair.

    Persona and scenario must come from `personas.sample` and `scenarios.choose`, whose data the grammar knows (else KeyError).
    Person 40-90 words, reply 45-95. Same arguments, same conversation.
    """
    rng = random.Random(f"rehearsal/{GRAMMAR}/{seed}/{persona.persona_id}/{scenario.scenario_id}/{variant}")
    grammar = _shared(persona, scenario, rng)
    event = expand("event", grammar, rng).lower()
    style = load_all()["rehearsal"]["styles"][persona.speech_style]
    plan: list[str] = []

    def person_acts() -> list[str]:
        plan[:] = rng.choice(style["plans"]).split()
        if scenario.risk != "none":
            plan.insert(-1, f"hopeless_{scenario.risk}")
        return plan

    person = compose(person_acts, grammar | _voice(persona.speech_style, persona.living_situation), rng, PERSON_WORDS, must=event)
    if not style.get("contract", True):
        person = _spell_out(person)

    reply = _reply(said=tuple(act for act in ("habit", "ago") if act in plan))

    def reply_acts() -> list[str]:
        acts: list[str] = rng.choice(load_all()["rehearsal"]["plans"]).split()
        if scenario.risk == "moderate":
            acts.insert(-1, "weary")
        return [*acts[:-1], "ask"] if scenario.risk == "elevated" else acts

    return Conversation(
        conversation_id=f"{scenario.scenario_id}-c{variant}",
        persona_id=persona.persona_id,
        scenario_id=scenario.scenario_id,
        theme=scenario.theme,
        risk=scenario.risk,
        person=person,
        chatbot=compose(reply_acts, grammar | reply, rng, REPLY_WORDS),
        licence="CC-BY-4.0",
        source="rehearsal",
        provenance={"teacher": "rehearsal", "grammar": GRAMMAR, "seed": seed, "variant": variant},
    )


def compose(acts: Callable[[], list[str]], grammar: Rules, rng: random.Random, words: tuple[int, int], must: str = "") -> str:
    """One polished text of a plan's acts, drawn anew until it has the words asked for, says `must` and doesn't repeat itself."""
    for _ in range(TRIES):
        text = polish(" ".join(expand(act, grammar, rng) for act in acts()))
        if words[0] <= len(text.split()) <= words[1] and must in text.lower() and not _repeats(text):
            return text
    raise RuntimeError(f"the grammar found no text of {words} words in {TRIES} tries")


@functools.cache
def load_all() -> dict[str, Any]:
    """The data files of the rehearsal grammar by name."""
    return {name: load(name) for name in ("rehearsal", "triggers", "emotions", "traumas")}


def _shared(persona: Persona, scenario: Scenario, rng: random.Random) -> Rules:
    """Rules that both sides speak from, with what is drawn once for a conversation."""
    data = load_all()["rehearsal"]
    kind = persona.occupation if persona.occupation in data["work"]["people"] else "retired" if persona.occupation.startswith("retired") else "other"
    boss, colleague = data["work"]["people"][kind]
    trauma = load_all()["traumas"][persona.trauma_topic]
    habit = data["behaviors"][rng.choice(persona.behaviors)]
    facets = load_all()["triggers"][scenario.trigger]["facets"]
    drawn = {
        "night": rng.choice(data["slots"]["night"]),
        "day": rng.choice(data["slots"]["day"]),
        "workplace": data["work"]["places"][persona.occupation if kind == "other" else kind],
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
        **rng.choice(facets),
    }
    return rules(drawn) | _emotion(scenario.emotion) | _trigger(scenario.trigger)


@functools.cache
def _emotion(emotion: str) -> Rules:
    entry = load_all()["emotions"][emotion]
    return rules({name: entry[name] for name in ("adj", "noun", "as_if", "feeling", "cause")})


@functools.cache
def _trigger(trigger: str) -> Rules:
    entry = load_all()["triggers"][trigger]
    return rules({"np": entry["np"], "many": entry["many"]})


@functools.cache
def _voice(style: str, living: str) -> Rules:
    data = load_all()["rehearsal"]
    voice = {name: data["styles"][style][name] for name in ("lead", "open", "close")}
    return rules({**data["person"], **voice, "home_me": data["homes"][living]})


@functools.cache
def _reply(said: tuple[str, ...]) -> Rules:
    """The reply's rules; what the person did not say (a habit, how long ago) is not taken up."""
    data = dict(load_all()["rehearsal"]["reply"])
    data["reflect"] = data["reflect"] + [line for act in said for line in data[f"reflect_{act}"]]
    return rules(data)


def _spell_out(text: str) -> str:
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    return text


def _repeats(text: str) -> bool:
    """True if four words stand twice in a row, or two sentences start with the same three words."""
    words = re.findall(r"[\w']+", text.lower())
    starts = [tuple(s.split()[:3]) for s in re.split(r"(?<=[.!?]) ", text.lower())]
    fours = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return len(set(fours)) < len(fours) or len(set(starts)) < len(starts)
