"""`tide study invite`: links for participants with a role, and for those who see the dashboard."""

from __future__ import annotations

import json as json_module
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, JSON, RUN


class Role(StrEnum):
    """What a link is for."""

    lay = "lay"
    lived = "lived"
    clinician = "clinician"
    reviewer = "reviewer"
    administrator = "administrator"


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study invite --role clinician --count 12 --run runs/quick")(invite)


def invite(
    run: Annotated[Path, RUN],
    name: Annotated[str | None, typer.Argument(help="of a reviewer or administrator; participants have none", show_default=False)] = None,
    role: Annotated[
        Role,
        typer.Option(help="lay, lived (experience), clinician: rate; reviewer: sees the dashboard; administrator: also pauses and closes"),
    ] = Role.lay,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="links, each for one session of one participant")] = 1,
    days: Annotated[float, typer.Option(min=0.01, max=366, help="how long a link to the dashboard works")] = 30,
    address: Annotated[str, typer.Option(help="where the person's browser finds the server")] = "http://127.0.0.1:8322",
    database: Annotated[str | None, DATABASE] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Print personal links. They are shown once and can't be shown again."""
    from tidelab.cli.study import opened
    from tidelab.errors import TidelabError
    from tidelab.study import people
    from tidelab.web import people as staff

    data, root = opened(run, database), address.rstrip("/")
    if role in (Role.reviewer, Role.administrator):
        if name is None:
            raise TidelabError(f"a {role.value} needs a name", where="NAME", mend='give one: tide study invite "A. Name" --role ...')
        links = [f"{root}/enter/{staff.invite(data, name, role.value, days)[0]}"]
    else:
        if name is not None:
            raise TidelabError("participants have no name here", where="NAME", mend="leave the name out; keep your own list if you must")
        links = [f"{root}/p/{token}" for token in people.invite(data, role.value, count)]
    print(json_module.dumps({"role": role.value, "links": links}) if json else "\n".join(links))
