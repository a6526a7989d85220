"""What a run was made with: versions, revision, hardware. Facts for run.json and `tide doctor`; nothing personal, no host name."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import tidelab

PACKAGES = ("torch", "transformers", "trl", "peft", "sentence-transformers", "rapidfuzz", "nltk", "polars", "numpy", "scipy")


def facts() -> dict[str, Any]:
    """version, git, python, hardware, packages."""
    return {
        "version": tidelab.__version__,
        "git": git_revision(),
        "python": platform.python_version(),
        "hardware": hardware(),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Installed version of each package that can move a number; `missing` where it is not installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def git_revision() -> str:
    """Revision of the checkout that this code runs from, `+changes` if it was edited; empty for an installed package."""
    folder = Path(tidelab.__file__).parent
    if not (folder.parents[1] / ".git").exists():
        return ""
    try:
        revision = _git(folder, "rev-parse", "--short=12", "HEAD")
        return revision + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def hardware() -> dict[str, Any]:
    """cpu, cores that this process may use, memory in GB, gpu (its name, or `none`; without loading torch)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(memory, 1),
        "gpu": _gpu(),
    }


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True).stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _gpu() -> str:
    try:
        answer = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "none"
    return answer.stdout.strip().splitlines()[0] if answer.stdout.strip() else "none"
