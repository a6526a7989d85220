"""Wall time, share of each stage and peak memory of `tide run quick` from nothing, in a fresh directory. Linux.

Memory is what its processes hold together (proportional set size, looked at twice a second).

python benchmarks/quick.py --out benchmarks/results/quick.json
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from result import tell


def held(group: int) -> int:
    """Bytes that the processes of a group hold together; memory that several share is counted once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(process.name)) == group and (found := re.search(r"Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text())):
                total += 1024 * int(found[1])
    return total


def main() -> None:
    """Runs the study as a user would, in a process of its own, and reads the seconds that its cells noted."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--preset", default="quick")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        start = time.perf_counter()
        command = [sys.executable, "-m", "tidelab.cli", "run", chosen.preset, "--out", str(run), "--json"]
        study = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
        peak = 0
        while study.poll() is None:
            peak = max(peak, held(study.pid))
            time.sleep(0.5)
        if study.returncode:
            raise SystemExit(f"the study ended with exit status {study.returncode}")
        seconds = time.perf_counter() - start
        stages: Counter[str] = Counter()
        for path in run.glob("**/done.json"):
            done = json.loads(path.read_text())
            stages[done["cell"].partition("/")[0]] += done["seconds"]
    figures = {
        "preset": chosen.preset,
        "wall_seconds": round(seconds, 1),
        "stage_seconds": {stage: round(s, 1) for stage, s in stages.items()},
        "peak_memory_gb": round(peak / 1e9, 2),
    }
    tell(figures, chosen.out)


if __name__ == "__main__":
    main()
