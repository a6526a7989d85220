"""The task `tidelab/empathy` of Inspect AI (extra `inspect`): `inspect eval tidelab/empathy --model openai/MODEL -T corpus=DATA`.

Each conversation's person is answered once under the students' system prompt; the scorer gives what `tide score` gives the same reply.
"""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

from tidelab import ecosystem
from tidelab.students.messages import system_prompt


@task
def empathy(corpus: str = "sample", split: str = "", metrics: str = ecosystem.METRICS) -> Task:
    """corpus: `sample`, a data set or a run directory; split: only that one; metrics: names with commas, see docs/metrics."""
    samples = [
        Sample(
            id=c.conversation_id,
            input=[ChatMessageSystem(content=system_prompt()), ChatMessageUser(content=c.person)],
            target=c.chatbot,
            metadata={"persona_id": c.persona_id, "theme": c.theme, "risk": c.risk, "source": c.source, "person": c.person},
        )
        for c in ecosystem.conversations(corpus, split)
    ]
    return Task(dataset=MemoryDataset(samples, name=f"tidelab-{corpus}"), solver=generate(), scorer=replies(metrics))


@scorer(metrics={"*": [mean(), stderr()]})
def replies(metrics: str = ecosystem.METRICS) -> Scorer:
    """All parts of the metrics, for each reply. An unscored one is NaN, which no mean of Inspect counts; the explanation has its reason."""
    chosen = ecosystem.names(metrics)

    async def score(state: TaskState, target: Target) -> Score:
        person, text = str(state.metadata["person"]), state.output.completion
        found = await anyio.to_thread.run_sync(ecosystem.scores, person, target.text, text, chosen)
        why = dict.fromkeys(f"{name}: {reason}" for name, (_, reason) in found.items() if reason)
        values: dict[str, Any] = {name: value for name, (value, _) in found.items()}
        return Score(value=values, answer=text, explanation="; ".join(why))

    return score
