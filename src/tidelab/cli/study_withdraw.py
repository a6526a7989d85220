"""`tide study withdraw`: deletes everything of a participant."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, JSON, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study withdraw 1362aa0968e31429 --run runs/quick")(withdraw)


def withdraw(
    name: Annotated[str, typer.Argument(help="shown to the participant at the end; or `prolific:ID`, `sona:ID`", show_default=False)],
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Delete every row of a participant, for good. The audit log says that it was done, and nothing of whom."""
    from tidelab.cli.study import folder, opened
    from tidelab.errors import TidelabError
    from tidelab.study import people
    from tidelab.study.export import into_run

    data, place = opened(run, database), folder(run)
    again, exported = (run / "ratings" / "study" / "ratings.parquet").exists(), (place / "export" / "export.json").exists()
    channel, colon, external = name.partition(":")
    if colon and channel in people.CHANNELS:
        gone = people.withdraw_external(data, channel, external, folder=place)
    else:
        gone = people.withdraw(data, name, folder=place, why="withdrawn on request")
    if not gone:
        raise TidelabError("nobody is called so; perhaps the person has withdrawn already", where="NAME", mend="look at the name again")
    if again:  # the tables that an earlier export put into the run
        into_run(data, run)
    deleted = exported and not (place / "export" / "export.json").exists()
    told = "; the run's ratings were written anew" if again else ""
    told += "; the exported tables held this person and are deleted, `tide study export` writes them anew" if deleted else ""
    found = {"withdrawn": True, "ratings_rewritten": again, "export_deleted": deleted}
    print(json_module.dumps(found) if json else f"everything of this participant is deleted{told}")
