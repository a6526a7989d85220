"""`tide corpus import`: any data set that tidelab reads, as its own JSON Lines."""

from __future__ import annotations

import json as json_module
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer


def register(corpus: typer.Typer) -> None:
    """Adds the verb."""
    corpus.command("import", epilog="Example:  tide corpus import hf:yenopoya/TIDE --out tide.jsonl")(import_)


def import_(
    source: Annotated[
        str, typer.Argument(help="TIDE directory, .jsonl, .csv, .parquet, a directory of these, or hf:OWNER/NAME", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="FILE.jsonl; what can't be used goes to FILE.quarantine.jsonl beside it", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="print the counts and warnings as JSON")] = False,
) -> None:
    """Read a data set and write it as JSON Lines, with licence and provenance in every row. Exit 3 if anything is quarantined."""
    from tidelab.corpus import flat, write_personas
    from tidelab.corpus.source import read
    from tidelab.errors import TidelabError
    from tidelab.run import atomic

    beside = out.with_name(f"{out.stem}.quarantine.jsonl")
    if out.suffix != ".jsonl":
        raise TidelabError("is no name for JSON Lines", where=f"--out {out}", mend="end it in .jsonl")
    for path in (out, beside):
        write_personas.free(path)
    found = read(source)
    people, situations = {p.persona_id: p for p in found.personas}, {s.scenario_id: s for s in found.scenarios}
    lines = [row | {"provenance": json_module.loads(row["provenance"])} for row in flat.rows(found.conversations, people, situations)]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if found.quarantined:
            atomic.write_text(beside, "".join(q.model_dump_json() + "\n" for q in found.quarantined))
        atomic.write_text(out, "".join(json_module.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    except OSError as error:
        raise TidelabError(
            f"can't be written: {error.strerror}", where=str(out), mend="choose another --out, or free some space"
        ) from error
    licences = dict(Counter(c.licence for c in found.conversations))
    counts = {"conversations": len(found.conversations), "personas": len(people), "quarantined": len(found.quarantined)}
    if json:
        print(json_module.dumps({"out": str(out), **counts, "licences": licences, "warnings": found.warnings}, ensure_ascii=False))
    else:
        for warning in found.warnings:
            print(f"warning  {warning}")
        print(", ".join(f"{n:,} {what}" for what, n in counts.items()) + f" -> {out}")
        print("licence: " + ", ".join(f"{licence} {n:,}" for licence, n in licences.items()))
        if found.quarantined:
            print(f"what was left out, and why: {beside}")
    if found.quarantined:
        raise typer.Exit(3)
