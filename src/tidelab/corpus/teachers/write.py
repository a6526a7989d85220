"""Has a teacher write conversations: each is valid or in quarantine with its reason, whatever the provider does."""

from __future__ import annotations

from typing import Any

from tidelab.corpus.teachers import answers, prompts
from tidelab.engines.base import Answer
from tidelab.records import Conversation, Persona, Quarantined, Scenario

TRIES = 3  # the first answer and two fresh ones
TERMS_OF = "LicenseRef-terms-of-"  # begins the licence of what a provider's model wrote; the provider's kind follows
Pair = tuple[Persona, Scenario]


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
            licence=f"{TERMS_OF}{self.teacher.partition(':')[0]}",
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


def _id(scenario: Scenario) -> str:
    return f"{scenario.scenario_id}-c0"
