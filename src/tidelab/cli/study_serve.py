"""`tide study serve`: the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.study import DATABASE, RUN


def register(study: typer.Typer) -> None:
    """Adds the verb."""
    study.command(epilog="Example:  tide study serve --preview --run runs/quick")(serve)


def serve(
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="look at the pages before your texts are written; on this machine, into a database of its own")
    ] = False,
    new_version: Annotated[
        bool, typer.Option("--new-version", help="study.yaml was changed on purpose: keep both, new people get the new")
    ] = False,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="port to listen on")] = 8322,
    tls_cert: Annotated[Path | None, typer.Option(help="certificate (PEM), for addresses that other machines reach")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="its key (PEM)")] = None,
    behind_proxy: Annotated[str, typer.Option(metavar="ADDRESS", help="a proxy with TLS stands before this server, at this address")] = "",
) -> None:
    """Serve DIR/study/study.yaml until Ctrl-C. People come in by the address itself, or by `tide study invite`."""
    from tidelab.cli.study import opened
    from tidelab.errors import TidelabError
    from tidelab.run import RunDirectory
    from tidelab.study import items, store
    from tidelab.study.app import study_app
    from tidelab.study.design import load
    from tidelab.web.serve import Address
    from tidelab.web.serve import serve as serve_app

    address = Address(host, port, tls_cert, tls_key, behind_proxy)
    path = run / "study" / "study.yaml"
    design = load(path)
    missing = design.unready()
    if missing and not preview:
        raise TidelabError(
            "this is still to be written by you: " + "; ".join(missing), where=str(path), mend="write it; or look first: --preview"
        )
    if preview and not address.local:
        raise TidelabError("a preview is for this machine alone", where="--preview", mend="leave --preview out, or leave --host out")
    if design.unread() and not address.local:
        raise TidelabError(
            f"the pages' words in {', '.join(design.unread())} were written by a machine, and no speaker has reviewed them",
            where=f"{path}: languages",
            mend="let a speaker read every page (--preview), then name the language in `reviewed`; or take it out of `languages`",
        )
    stimuli = items.stimuli(RunDirectory(run), design.items, design.systems)
    data = opened(run, database if not preview else None, "preview.db" if preview else "study.db")
    store.install(data, design, stimuli, new_version=new_version or preview)
    app = study_app(data, folder=run / "study", secure=address.secure, kind="preview" if preview else "real")
    typer.echo(f"{design.title}: {address.url}  (Ctrl-C stops; dashboard: tide study invite NAME --role administrator --run {run})")
    serve_app(app, address)
