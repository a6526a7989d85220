"""Wall time, share of each stage and peak memory of `tide run quick` from nothing, in a fresh directory.

python benchmarks/quick.py --out benchmarks/results/quick.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from result import tell


def main() -> None:
    """Runs the study as a user would, in a process of its own, and reads the seconds that its cells noted."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--preset", default="quick")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "tidelab.cli", "run", chosen.preset, "--out", str(run), "--json"], check=True, stdout=sys.stderr
        )
        seconds = time.perf_counter() - start
        stages: Counter[str] = Counter()
        for path in run.glob("**/done.json"):
            done = json.loads(path.read_text())
            stages[done["cell"].partition("/")[0]] += done["seconds"]
    figures = {
        "preset": chosen.preset,
        "wall_seconds": round(seconds, 1),
        "stage_seconds": {stage: round(s, 1) for stage, s in stages.items()},
        "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6, 2),
    }
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
