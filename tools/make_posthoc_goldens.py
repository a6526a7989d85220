"""Values of scipy, scikit-posthocs and statsmodels that Friedman's test, its post-hoc tests and the corrections are held against.

pip install scipy scikit-posthocs statsmodels    (in an environment of its own: tidelab does not depend on the latter two)
python tools/make_posthoc_goldens.py             writes tests/analysis/posthoc_goldens.json
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scikit_posthocs
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

GOLDENS = Path(__file__).parent.parent / "tests/analysis/posthoc_goldens.json"


def main() -> None:
    """Write the goldens."""
    draw = np.random.default_rng(20250801)
    cases = []
    for blocks, systems, levels in ((12, 4, 5), (30, 3, 3), (25, 6, 100)):
        table = np.clip(np.round(draw.normal(np.linspace(0.45, 0.6, systems) * levels, levels / 5, (blocks, systems))), 1, levels)
        found = stats.friedmanchisquare(*table.T)
        cases.append(
            {
                "table": table.tolist(),
                "statistic": float(found.statistic),
                "p": float(found.pvalue),
                "nemenyi": scikit_posthocs.posthoc_nemenyi_friedman(table).to_numpy().tolist(),
                "conover": scikit_posthocs.posthoc_conover_friedman(table).to_numpy().tolist(),
            }
        )
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    one, other = draw.normal(0.1, 1, 20), draw.normal(0, 1, 20)
    equivalence = ttost_paired(one, other, -0.8, 0.8)
    goldens = {
        "made_with": {name: version(name) for name in ("scipy", "scikit-posthocs", "statsmodels")},
        "friedman": cases,
        "p": p,
        "holm": multipletests(p, method="holm")[1].tolist(),
        "benjamini_hochberg": multipletests(p, method="fdr_bh")[1].tolist(),
        "tost": {
            "differences": (one - other).tolist(),
            "margin": 0.8,
            "p": float(equivalence[0]),
            "p_lower": float(equivalence[1][1]),
            "p_upper": float(equivalence[2][1]),
        },
    }
    GOLDENS.write_text(json.dumps(goldens, indent=1) + "\n", encoding="utf-8")
    print(f"{len(cases)} tables")


if __name__ == "__main__":
    main()
