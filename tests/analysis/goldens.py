"""Values of other people's programs, committed as JSON by the scripts in tools/."""

import json
from pathlib import Path

import numpy as np

R = json.loads((Path(__file__).parent / "r_goldens.json").read_text("utf-8"))
POSTHOC = json.loads((Path(__file__).parent / "posthoc_goldens.json").read_text("utf-8"))


def design(study, model):
    """(ratings, x with intercept, factors, expected) of one R model, treatment coding as R's."""
    data, expected = R[study]["data"], R[study][model]
    system = np.array(data["system"])
    dummies = [(system == level).astype(float) for level in range(2, system.max() + 1)]
    columns = [np.ones(len(system)), *dummies]
    if "interaction" in model:
        older = np.array(data["older"], dtype=float)
        columns += [older, *(d * older for d in dummies)]
    factors = {name: np.unique(data[name], return_inverse=True)[1] for name in ("participant", "item")}
    if "participant:system" in expected["sd"] and study == "likings":
        factors["participant:system"] = np.unique(factors["participant"] * 10 + system, return_inverse=True)[1]
    return np.array(data["value"], dtype=float), np.column_stack(columns), factors, expected
