"""What tidelab_empathy.yaml calls: the conversations with the students' system prompt, and the scores of one reply."""

from __future__ import annotations

from typing import Any

from tidelab import ecosystem


def dataset(corpus: str = "sample", split: str = "", **_: Any) -> dict[str, Any]:
    """The conversations as the harness's split `test`."""
    from datasets import Dataset

    from tidelab.students.messages import system_prompt

    told = system_prompt()
    rows = [
        {"conversation_id": c.conversation_id, "system": told, "person": c.person, "reference": c.chatbot}
        for c in ecosystem.conversations(corpus, split)
    ]
    return {"test": Dataset.from_list(rows)}


def process_results(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """The metrics of the one reply."""
    found = ecosystem.scores(doc["person"], doc["reference"], results[0], ecosystem.names(ecosystem.METRICS))
    return {name: value for name, (value, _) in found.items()}


def scored_mean(values: list[float]) -> float:
    """Mean of the replies that are scored."""
    return ecosystem.scored_mean(values)
