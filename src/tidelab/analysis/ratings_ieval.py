"""iEval's file (Svikhnushina, Filippova & Pu, SIGDIAL 2022) as a ratings table: each task rates four chatbots in two scenarios."""

from __future__ import annotations

from typing import Any

VALENCES = ("positive", "negative")
FACTORS = {
    "P": "polite",
    "^P": "insulting",
    "A": "attentive",
    "^A": "inattentive",
    "EU": "understood emotions",
    "ER": "responded to emotions",
    "L": "likable",
    "R": "repetitive",
    "S": "made sense",
    "Rating": "overall",
}


def is_ieval(rows: list[dict[str, Any]]) -> bool:
    """Whether these are the tasks of iEval's file."""
    return bool(rows) and all(isinstance(row.get(v), dict) and "conv_id" in row[v] for row in rows for v in VALENCES)


def long_form(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each rating. `valence` and `emotion` tell of the scenario, `teq` is the participant's empathy score."""
    rows = []
    for task in tasks:
        for valence in VALENCES:
            scene = task[valence]
            for system, told in scene.items():
                if not isinstance(told, dict):
                    continue
                rows += [
                    {
                        "conversation_id": scene["conv_id"],
                        "system_id": system,
                        "participant_id": f"task-{task['part']:03}",
                        "factor": name,
                        "value": told.get(column),
                        "source": "imported",
                        "valence": valence,
                        "emotion": scene.get("emotion"),
                        "teq": task.get("TEQ_agg"),
                    }
                    for column, name in FACTORS.items()
                ]
    return rows
