"""Personas as a file or as TIDE's metadata files, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tidelab.corpus.formats import nested
from tidelab.errors import TidelabError
from tidelab.records import Persona, frame
from tidelab.run import atomic


def write(personas: Sequence[Persona], out: Path) -> None:
    """`.jsonl`: one persona a line; `.parquet`: a table; anything else: a directory with `metadata/N_metadata.json`.

    TidelabError if the place is taken or can't be written.
    """
    free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".jsonl":
            atomic.write_text(out, "".join(p.model_dump_json() + "\n" for p in personas))
        elif out.suffix == ".parquet":
            atomic.write_parquet(out, frame(Persona, personas))
        else:
            part = beside(out)
            (part / "metadata").mkdir(parents=True)
            for p in personas:
                text = json.dumps(nested.write(p), ensure_ascii=False, indent=2)
                (part / "metadata" / f"{p.persona_id}_metadata.json").write_text(text + "\n", "utf-8")
            part.replace(out)
    except OSError as error:
        raise TidelabError(
            f"can't be written: {error.strerror}", where=str(out), mend="choose another place, or free some space"
        ) from error


def free(out: Path) -> None:
    """TidelabError if something stands at `out` that writing would replace; an empty directory does not count."""
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise TidelabError("is there already", where=str(out), mend="choose another --out, or move it away")


def beside(out: Path) -> Path:
    """An empty place beside `out` to build a directory in; what a broken-off try left there is removed."""
    part = out.with_name(f".{out.name}.part")
    if part.exists():
        shutil.rmtree(part)
    return part
