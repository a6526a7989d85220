"""Any corpus that a verb can be pointed at: the sample, a data set of the user's, or a run."""

from __future__ import annotations

from pathlib import Path

from tidelab.corpus import sample, source
from tidelab.corpus.formats import Import
from tidelab.corpus.teachers.cell import WRITE
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona, Quarantined, Record, Scenario, records

CELLS = ("corpus/read", WRITE)
"""A run's conversations as they were read, or as its teacher wrote them where no study was made of them yet; before any check."""


def opened(what: str) -> Import:
    """The conversations of `sample`, of a data set that `source.read` takes, or of a run directory. TidelabError where there are none."""
    if what == "sample":
        return Import(*sample.load(), [], [])
    if (Path(what) / "run.json").is_file():
        return _of_run(Path(what))
    return source.read(what)


def _of_run(path: Path) -> Import:
    import polars as pl

    from tidelab.run.directory import RunDirectory

    run = RunDirectory(path)
    cell = next((cell for cell in CELLS if run.done(cell)), None)
    if cell is None:
        mend = "carry on with `tide run` or `tide corpus write` until its corpus is there, or give a data set"
        raise TidelabError("the run has no corpus yet", where=str(path), mend=mend)

    def table(record: type[Record], name: str) -> list[Record]:
        return records(record, pl.read_parquet(run.cell_dir(cell) / f"{name}.parquet"))

    return Import(
        table(Persona, "personas"),  # type: ignore[arg-type]
        table(Scenario, "scenarios"),  # type: ignore[arg-type]
        table(Conversation, "conversations"),  # type: ignore[arg-type]
        table(Quarantined, "quarantine"),  # type: ignore[arg-type]
        list((run.done(cell) or {})["notes"].get("warnings", [])),
    )
