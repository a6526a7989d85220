"""Ratings and scores with known effects."""

import numpy as np
import polars as pl

from tidelab.records import Conversation, Score, frame

SYSTEMS = {"reference": 0.1, "small@fine-tuned": 0.0, "small@zero-shot": -0.7}


def ratings(
    people=40, items=20, each=6, *, systems=SYSTEMS, seed=1, factor="empathy", sd=(0.6, 0.3, 0.8), older=0.0, source="imported", whole=True
):
    """Every person rates all systems on `each` of `items` conversations. older: how much more people of 65+ like `before`."""
    draw = np.random.default_rng(seed)
    of_item, rows = draw.normal(0, sd[1], items), []
    for p in range(people):
        own = draw.normal(0, sd[0])
        group = ("18-49", "50-64", "65+")[p % 3]
        for i in draw.choice(items, each, replace=False):
            order = "before" if i % 2 else "after"
            for system, effect in systems.items():
                liked = older if group == "65+" and order == "before" else 0.0
                value = 3 + own + of_item[i] + effect + liked + draw.normal(0, sd[2])
                rows.append(
                    {
                        "conversation_id": f"c{i:02}",
                        "system_id": system,
                        "participant_id": f"p{p:03}",
                        "factor": factor,
                        "value": float(np.clip(round(value), 1, 5)) if whole else value,
                        "order": None,
                        "source": source,
                        "age_group": group,
                        "gender": ("woman", "man")[p // 3 % 2],
                        "education": ("graduate", "school")[p // 2 % 2],
                        "validation_order": order,
                        "layering": ("layered", "plain")[i // 2 % 2],
                    }
                )
    return pl.DataFrame(rows)


def study(
    personas=30, each=6, *, gains=(("s", 0.2),), by_theme=0.0, source="teacher", metric="cosine", seed=2, sd=(0.05, 0.05, 0.05), top=None
):
    """(scores, conversations): students with a mean gain, which themes move by `by_theme` to either side."""
    draw = np.random.default_rng(seed)
    themes, conversations, scores = ("arousal", "avoidance", "intrusion"), [], []

    def score(conversation, system, value):
        scores.append(Score(conversation_id=conversation, system_id=system, metric=metric, value=float(value), signature="x|v:1"))

    for p in range(personas):
        own = draw.normal(0, sd[1], len(gains))
        for k in range(each):
            conversation, theme = f"{source}-{p:03}-{k}", (p + k) % 3
            conversations.append(
                Conversation(
                    conversation_id=conversation, persona_id=f"{source}-p{p:03}", person="a", chatbot="b", source=source, split="test",
                    theme=themes[theme], risk=("none", "elevated")[k % 2],
                )
            )  # fmt: skip
            base = 0.4 + draw.normal(0, sd[0])
            for s, (student, gain) in enumerate(gains):
                score(conversation, f"{student}@zero-shot", base)
                score(conversation, f"{student}@fine-tuned", base + gain + own[s] + by_theme * (theme - 1) + draw.normal(0, sd[2]))
            if top is not None:
                score(conversation, "teacher@resample", base + top + draw.normal(0, sd[2]))
    return frame(Score, scores), frame(Conversation, conversations)
