"""`tide review serve`: the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidelab.cli.review import DATABASE, RUN

EPILOG = "Example:  tide review serve --run runs/quick --limit 40"


def register(review: typer.Typer) -> None:
    """Adds the verb."""
    review.command(epilog=EPILOG)(serve)


def serve(
    run: Annotated[Path, RUN],
    database: Annotated[str | None, DATABASE] = None,
    replies: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM", help="review this system's replies, blinded, instead of the corpus; may be given often"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="only the first N conversations, in a shuffled order that stays the same")
    ] = None,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="port to listen on")] = 8321,
    tls_cert: Annotated[Path | None, typer.Option(help="certificate (PEM), for addresses that other machines reach")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="its key (PEM)")] = None,
    behind_proxy: Annotated[str, typer.Option(metavar="ADDRESS", help="a proxy with TLS stands before this server, at this address")] = "",
) -> None:
    """Serve the review's pages until Ctrl-C, with what the run holds now. People come in by `tide review invite`."""
    from tidelab.cli.review import opened
    from tidelab.review.app import review_app
    from tidelab.review.items import fill
    from tidelab.run import RunDirectory
    from tidelab.web.serve import Address
    from tidelab.web.serve import serve as serve_app

    address = Address(host, port, tls_cert, tls_key, behind_proxy)
    data = opened(run, database)
    count = fill(data, RunDirectory(run), replies or [], limit=limit)
    typer.echo(f"{count} items; {address.url}  (Ctrl-C stops; links: tide review invite NAME --run {run})")
    serve_app(review_app(data, secure=address.secure), address)
