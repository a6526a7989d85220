"""Any corpus that a verb can be pointed at: the sample, a data set of the user's, or a run."""

from __future__ import annotations

from pathlib import Path

from tidelab.corpus import sample, source
from tidelab.corpus.formats import Import
from tidelab.errors import TidelabError
from tidelab.records import Conversation, Persona, Quarantined, Record, Scenario, records

READ = "corpus/read"  # a run's conversations as they were read, before any check


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
    done = run.done(READ)
    if done is None:
        mend = "carry on with `tide run` until its corpus is read, or give a data set"
        raise TidelabError("the run has no corpus yet", where=str(path), mend=mend)

    def table(record: type[Record], name: str) -> list[Record]:
        return records(record, pl.read_parquet(run.cell_dir(READ) / f"{name}.parquet"))

    return Import(
        table(Persona, "personas"),  # type: ignore[arg-type]
        table(Scenario, "scenarios"),  # type: ignore[arg-type]
        table(Conversation, "conversations"),  # type: ignore[arg-type]
        table(Quarantined, "quarantine"),  # type: ignore[arg-type]
        list(done["notes"].get("warnings", [])),
    )
