"""The cell `corpus/write`: a teacher writes the corpus of a study, or of `tide corpus write`."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from tidelab.corpus import personas, rehearsal, scenarios
from tidelab.corpus.teachers import prompts
from tidelab.corpus.teachers.write import Pair, Try
from tidelab.engines import asking, facts, provider
from tidelab.errors import TidelabError
from tidelab.experiment import Calls
from tidelab.records import Conversation, Persona, Quarantined, Scenario, frame, row
from tidelab.run import Cell, Work, fingerprint

WRITE = "corpus/write"
REHEARSAL = "rehearsal"
_REPLY_TOKENS = 350  # of an answer, for the estimate: 250 words and the JSON around them
_CHARACTERS = 4  # of English in a token, for the estimate
_AT_ONCE = 250  # rehearsal conversations composed together


def cell(teacher: str, n: int, per_persona: int, seed: int, calls: Calls, limit: int | None = None) -> Cell:
    """Tables personas, scenarios, conversations and quarantine. TidelabError if `teacher` names none."""
    who = teacher if teacher == REHEARSAL else provider.identity(teacher)
    decides: dict[str, Any] = {"teacher": who, "personas": n, "per_persona": per_persona, "seed": seed, "limit": limit}
    decides["data"] = fingerprint.of_files(Path(str(resources.files("tidelab.corpus") / "data")))
    decides["writes"] = rehearsal.GRAMMAR if teacher == REHEARSAL else [prompts.prompt_hash(), calls.answer_tokens]
    return Cell(WRITE, decides, partial(_write, teacher, n, per_persona, seed, calls, limit))


def pairs(n: int, per_persona: int, seed: int, limit: int | None = None) -> Iterator[Pair]:
    """Personas with their scenarios, in order."""
    every = ((p, s) for p in personas.sample(n, seed) for s in scenarios.choose(p, per_persona, seed))
    return itertools.islice(every, limit)


def estimate(teacher: str, conversations: int, calls: Calls) -> dict[str, Any]:
    """prompt_tokens, reply_tokens and cost (US dollars, None: no price known) without fresh tries, and the price's source."""
    if teacher == REHEARSAL:
        return {"prompt_tokens": 0, "reply_tokens": 0, "cost": 0.0, "price": "nothing leaves this machine"}
    asked = conversations * sum(len(m["content"]) for m in prompts.ask(*next(pairs(2, 1, 0))).messages) // _CHARACTERS
    replied = conversations * _REPLY_TOKENS
    price = asking.price(teacher, calls)
    return {
        "prompt_tokens": asked,
        "reply_tokens": replied,
        "cost": price.of(asked, replied, calls.batch) if price else None,
        "price": price.source if price else "no price is known for this model; give it with --price IN,OUT",
    }


def _write(teacher: str, n: int, per_persona: int, seed: int, calls: Calls, limit: int | None, work: Work) -> None:
    total = min(n * per_persona, limit or n * per_persona)
    every = pairs(n, per_persona, seed, limit)
    if teacher == REHEARSAL:

        def compose(some: list[Pair]) -> list[dict[str, Any]]:
            return [row(rehearsal.write(persona, scenario, seed)) for persona, scenario in some]

        rows = work.batches(list(every), _AT_ONCE, compose)
        _keep(work, n, per_persona, seed, limit, rows, [])
        work.note(teacher=teacher, seed=seed, conversations=len(rows), quarantined=0)
        return
    kept: list[dict[str, Any]] = []
    stopped: list[dict[str, Any]] = []
    # Only for flat memory while rows come in: what makes them durable is the response store, out of which this file is made anew.
    with (work.dir / "rows.jsonl").open("w", encoding="utf-8") as file:
        facts_ = _teach(teacher, every, total, seed, calls, work, file)
    with (work.dir / "rows.jsonl").open(encoding="utf-8") as file:
        for line in file:
            name, made = json.loads(line)
            (kept if name == "Conversation" else stopped).append(made)
    (work.dir / "rows.jsonl").unlink()
    _keep(work, n, per_persona, seed, limit, kept, stopped)
    told = facts.terms(provider.parse(teacher)[0])
    warnings = [f"{told['says']} ({told['source']})", *facts_.pop("steps")] if told else facts_.pop("steps")
    work.note(warnings=warnings, conversations=len(kept), quarantined=len(stopped), seed=seed, **facts_)


def _teach(teacher: str, every: Iterator[Pair], total: int, seed: int, calls: Calls, work: Work, file: Any) -> dict[str, Any]:
    """Facts for the cell's notes. TidelabError before the first paid request for whatever can be told by then."""
    tries: Counter[int] = Counter()

    def sink(made: Conversation | Quarantined) -> None:
        file.write(json.dumps([type(made).__name__, row(made)], ensure_ascii=False) + "\n")
        if isinstance(made, Conversation):
            tries[made.provenance["tries"]] += 1

    who = provider.identity(teacher)
    model: asking.Asking[Conversation | Quarantined] = asking.Asking(teacher, work.run.path / "responses.db", calls, total, work.progress)
    facts_ = model.run((Try(pair, who, seed) for pair in every), sink)
    told = {"prompt": prompts.VERSION, "prompt_sha256": prompts.prompt_hash(), "tries": {str(k): v for k, v in sorted(tries.items())}}
    return {"teacher": facts_.pop("model"), **told, **facts_}


def _keep(work: Work, n: int, per_persona: int, seed: int, limit: int | None, kept: list[Any], stopped: list[Any]) -> None:
    people: dict[str, Persona] = {}
    situations: dict[str, Scenario] = {}
    for persona, scenario in pairs(n, per_persona, seed, limit):
        people[persona.persona_id] = persona
        situations[scenario.scenario_id] = scenario
    work.write("personas", frame(Persona, people.values()).sort("persona_id"))
    work.write("scenarios", frame(Scenario, situations.values()).sort("scenario_id"))
    work.write("conversations", frame(Conversation, kept).sort("conversation_id"))
    work.write("quarantine", frame(Quarantined, stopped).sort("conversation_id"))


def needs_teacher(teacher: str | None) -> str:
    """The teacher of a study whose `corpus.source` is `teacher`; TidelabError where it names none."""
    if not teacher:
        mend = "name it: --set corpus.teacher=anthropic:MODEL (or openai:MODEL, openai-compatible:URL#MODEL)"
        raise TidelabError("`corpus.source` is `teacher`, and no teacher is named", where="corpus.teacher", mend=mend)
    return teacher
