"""Has a teacher write conversations: each is valid or in quarantine with its reason, whatever the provider does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from tidelab.corpus.teachers import answers, prompts
from tidelab.engines.base import Answer
from tidelab.engines.batches import Batches
from tidelab.engines.remote import Remote
from tidelab.records import Conversation, Persona, Quarantined, Scenario

TRIES = 3  # the first answer and two fresh ones
Pair = tuple[Persona, Scenario]
Sink = Callable[[Conversation | Quarantined], object]


class Try:
    """One conversation on its way: what its answers were so far."""

    def __init__(self, pair: Pair, teacher: str, seed: int) -> None:
        self.persona, self.scenario = pair
        self.teacher, self.seed = teacher, seed
        self.reasons: list[str] = []
        self.calls = 0

    @property
    def prompt(self) -> Any:
        """What is asked now."""
        return prompts.ask(self.persona, self.scenario, len(self.reasons))

    def take(self, answer: Answer) -> Conversation | Quarantined | None:
        """The conversation, or its place in quarantine; None when a fresh try is due."""
        self.calls += answer.calls
        found = answers.read(answer)
        if isinstance(found, answers.Bad):
            self.reasons.append(found.reason)
        else:
            conversation = self._conversation(*found, answer)
            objection = answers.object_to(conversation, self.persona)
            if not objection:
                return conversation
            self.reasons.append(objection)
        # an answer that never came has been asked for often enough by the engine
        unanswered = answer.text is None
        return self._quarantined(answer) if unanswered or len(self.reasons) >= TRIES else None

    def _conversation(self, person: str, chatbot: str, answer: Answer) -> Conversation:
        return Conversation(
            conversation_id=_id(self.scenario),
            persona_id=self.persona.persona_id,
            scenario_id=self.scenario.scenario_id,
            theme=self.scenario.theme,
            risk=self.scenario.risk,
            person=person,
            chatbot=chatbot,
            licence=f"LicenseRef-terms-of-{self.teacher.partition(':')[0]}",
            source="teacher",
            provenance={
                "teacher": self.teacher,
                "model": answer.model,
                "prompt": prompts.VERSION,
                "prompt_sha256": prompts.prompt_hash(),
                "form": answer.form,
                "seed": self.seed,
                "tries": len(self.reasons) + 1,
                "refused_tries": list(self.reasons),
                "calls": self.calls,
                "batch": answer.batch,
                "written": answer.written,
            },
        )

    def _quarantined(self, answer: Answer) -> Quarantined:
        distinct = list(dict.fromkeys(self.reasons))
        tries = f" ({len(self.reasons)} tries)" if len(self.reasons) > 1 else ""
        return Quarantined(
            conversation_id=_id(self.scenario),
            persona_id=self.persona.persona_id,
            stage="write",
            reason="; ".join(distinct) + tries,
            where=self.teacher,
            raw=(answer.text or "").encode("utf-8", "replace").decode("utf-8").replace("\x00", "\\x00")[:2_000],
        )


async def live(remote: Remote, pairs: Iterator[Pair], workers: int, seed: int, sink: Sink) -> None:
    """Writes all pairs, `workers` at a time; memory is theirs and not the corpus's.

    An error in one ends all. When cancelled (Ctrl-C), no new request is sent and those under way are waited for and stored.
    """
    stopped = False

    async def work() -> None:
        for pair in pairs:  # shared: each worker takes the next
            one = Try(pair, remote.teacher, seed)
            while not stopped:
                if row := one.take(await remote.ask(one.prompt)):
                    sink(row)
                    break
            if stopped:
                return

    tasks = [asyncio.create_task(work()) for _ in range(workers)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    except asyncio.CancelledError:
        stopped = True
        await asyncio.wait(tasks)
        raise
    finally:
        stopped = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def batched(batches: Batches, pairs: Iterator[Pair], seed: int, sink: Sink) -> None:
    """Writes all pairs through the provider's batches: one round for the first answers, one for each fresh try."""
    open_ = [Try(pair, batches.remote.teacher, seed) for pair in pairs]
    while open_:
        left = []
        for one, answer in zip(open_, await batches.ask([one.prompt for one in open_]), strict=True):
            if row := one.take(answer):
                sink(row)
            else:
                left.append(one)
        open_ = left


def _id(scenario: Scenario) -> str:
    return f"{scenario.scenario_id}-c0"
