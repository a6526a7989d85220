"""How each number was made: versions, machine, seeds, signatures, licences, fingerprints, command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidelab.report.numbers import count, seconds, size

if TYPE_CHECKING:
    from tidelab.report.data import Study


def facts(study: Study) -> list[tuple[str, str]]:
    """(name, value) pairs out of run.json and the settings."""
    info, hardware = study.info, study.info.get("hardware", {})
    machine = [
        str(hardware.get("cpu", "")),
        f"{hardware['cores']} cores" if hardware.get("cores") else "",
        f"{hardware['memory_gb']:g} GB memory" if hardware.get("memory_gb") else "",
        f"GPU: {hardware.get('gpu') or 'none'}",
    ]
    spent = sum(float(done.get("seconds", 0)) for done in study.cells.values())
    return [
        ("tidelab", str(info.get("version", "unknown"))),
        ("Revision", str(info.get("git") or "an installed package, no checkout")),
        ("Python", str(info.get("python", "unknown"))),
        ("Packages", ", ".join(f"{name} {version}" for name, version in info.get("packages", {}).items()) or "unknown"),
        ("Machine", ", ".join(part for part in machine if part)),
        ("Started", str(info.get("started", "unknown")).replace("T", " ").replace("+00:00", " UTC")),
        ("Time in cells", seconds(spent)),
        ("Seed", str(study.seed)),
        ("Intervals", f"{100 * study.confidence:g}%, {count(study.resamples)} resamples of personas"),
    ]


def command(study: Study) -> str:
    """What makes the run again: what was typed, or, where only a later stage was typed, the run's settings."""
    typed = str(study.info.get("command", ""))
    return typed if typed.startswith("tide run") else "tide run study.yaml"


def students(study: Study) -> list[dict[str, str]]:
    """student, family, parameters, non_embedding, nano of the roster, formatted."""
    return [
        {
            "student": row["student"],
            "family": str(row.get("family") or ""),
            "parameters": f"{size(row['parameters'])} ({count(row['parameters'] or 0)})",
            "non_embedding": size(row["non_embedding"]),
            "nano": "nano" if row["nano"] else "",
        }
        for row in study.roster.to_dicts()
    ]


def signatures(study: Study) -> list[str]:
    """What decides each metric's value, one line each."""
    return [str(s) for s in study.scores["signature"].unique().sort()]


def licences(study: Study) -> list[dict[str, Any]]:
    """source, licence, rows by split."""
    import polars as pl

    per = [pl.col("split").eq(s).sum().alias(s) for s in ("train", "validation", "test")]
    return study.corpus.group_by("source", "licence").agg(pl.len().alias("rows"), *per).sort("source", "licence").to_dicts()


def cells(study: Study) -> list[dict[str, str]]:
    """name, fingerprint, seconds of every cell that the report stands on."""
    return [
        {"name": name, "fingerprint": str(done.get("fingerprint", ""))[:16], "seconds": seconds(float(done.get("seconds", 0)))}
        for name, done in study.cells.items()
    ]
