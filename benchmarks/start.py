"""How long `tide --help` takes, beside the command line of a library it stands on (`trl --help`) and a bare interpreter.

python benchmarks/start.py --out benchmarks/results/start.json
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from result import tell

BIN = Path(sys.executable).parent
COMMANDS = {
    "tide --help": [str(BIN / "tide"), "--help"],
    "trl --help": [str(BIN / "trl"), "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
}


def main() -> None:
    """In turn, so that a drifting machine slows all of them alike; medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(chosen.runs + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: round(statistics.median(times[1:]), 3) for name, times in seconds.items()}  # the first run warms the disk cache
    figures = {
        "runs": chosen.runs,
        "median_seconds": medians,
        "trl_over_tide": round(medians["trl --help"] / medians["tide --help"], 1),
    }
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
