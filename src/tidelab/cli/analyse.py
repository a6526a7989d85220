"""`tide analyse`: the questions of a run, of any ratings table, and the verdicts on claims."""

from __future__ import annotations

import dataclasses
import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidelab.cli.stages import JSON, LIMIT
from tidelab.errors import TidelabError

if TYPE_CHECKING:
    from tidelab.analysis.ratings import Ratings
    from tidelab.analysis.result import Answer

INCOMPLETE = 3
UNUSED_SHARE = 0.01  # as limits.unscored_share of a run
EXAMPLES = (
    "Examples:  tide analyse --run runs/quick   |   tide analyse --ratings ratings.csv --reference reference --out analysis   |   "
    "tide analyse --ratings ieval_data.json --claims ieval"
)


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=EXAMPLES)(analyse)


def analyse(
    run: Annotated[Path | None, typer.Option("--run", metavar="DIR", help="run directory of an earlier `tide run`")] = None,
    ratings: Annotated[
        Path | None, typer.Option("--ratings", metavar="FILE", help="people's ratings, a table or a folder; see docs/ratings.md")
    ] = None,
    choices: Annotated[
        Path | None, typer.Option("--choices", metavar="FILE", help="choices between two systems: participant_id, first, second, chosen")
    ] = None,
    claims: Annotated[
        str | None,
        typer.Option("--claims", metavar="FILE", help="only decide claims: `paper`, `ieval`, or a YAML file; see docs/claims.md"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="write each answer as JSON and its tables as CSV there")] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="OURS=THEIRS", help="what a column is called in FILE; may be repeated")
    ] = None,
    scale: Annotated[str, typer.Option("--scale", metavar="LOW:HIGH", help="lowest and highest possible rating")] = "1:5",
    factor: Annotated[list[str] | None, typer.Option("--factor", help="only this factor; may be repeated")] = None,
    reference: Annotated[str, typer.Option("--reference", metavar="SYSTEM", help="test equivalence to this system")] = "",
    margin: Annotated[float, typer.Option("--margin", min=0.0, help="rating points within which a difference does not matter")] = 0.5,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="RULE", help="show the answer without `straight-lining`, `attention` or `too-fast` people too"),
    ] = None,
    preregister: Annotated[
        Path | None, typer.Option("--preregister", metavar="FILE", help="write what will be tested, before there are data, and stop")
    ] = None,
    limit: Annotated[int | None, LIMIT] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Answer the study's questions with statistics: of a run, of people's ratings, or only whether claims hold."""
    from tidelab.analysis.ask import Asked

    low, high = _scale(scale)
    how = Asked(scale=(low, high), reference=reference, margin=margin, rules=exclude or (), factors=factor or ())
    if preregister:
        _preregister(preregister, how, claims, run, json)
    elif choices:
        _choices(choices, how.confidence, out, json)
    elif ratings or claims:
        raise typer.Exit(_questions(ratings, run, claims, how, _columns(column or []), out, json))
    elif run:
        from tidelab.cli.stages import until

        until("analysis", run, limit, json)
    else:
        raise TidelabError(
            "nothing to analyse is named", where="tide analyse", mend="give --run DIR, --ratings FILE, both, or --choices FILE"
        )


def _questions(
    path: Path | None, run: Path | None, claims: str | None, how: Any, columns: dict[str, str], out: Path | None, json: bool
) -> int:
    from tidelab.analysis import claims as claims_module
    from tidelab.analysis import of_run
    from tidelab.analysis.ask import ask
    from tidelab.analysis.ratings import read, tell

    asked = claims_module.read(claims) if claims else []
    found = read(path, columns=columns, scale=how.scale) if path else None
    data = of_run.data(run, found) if run else claims_module.Data(ratings=found.table if found else None)
    if found and data.ratings is not None:  # now with the kinds of the run's replies
        found = dataclasses.replace(found, table=data.ratings)
    if found and how.factors:
        _known(how.factors, set(found.table["factor"]), "--factor")
    lines = tell(found) if found else []
    if not json:
        _print(lines)
    answers = iter([claims_module.verdicts(asked, data)]) if asked else ask(found, how, data.scores) if found else iter([])
    kept = []
    for answer in answers:
        kept.append(answer)
        if not json:
            _show(answer)
    if out:
        _write(out, kept, found)
    if json:
        from tidelab.analysis.result import to_json

        told = {"ratings": {"file": str(path), "rows": found.rows, "unused": found.unused, "said": lines} if found else None}
        print(json_module.dumps(json_module.loads(to_json({**told, "answers": {a.question: a.plain() for a in kept}}))))
    return INCOMPLETE if found and found.unused > UNUSED_SHARE * found.rows else 0


def _choices(path: Path, confidence: float, out: Path | None, json: bool) -> None:
    from tidelab.analysis.choices import choices
    from tidelab.analysis.ratings import rows_of

    answer = choices(rows_of(path), confidence=confidence)
    if json:
        print(json_module.dumps(json_module.loads(answer.to_json())))
    else:
        _show(answer)
    if out:
        _write(out, [answer], None)


def _show(answer: Answer) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(f"\n[bold]{escape(answer.asks)}[/bold]")
    for line in answer.reading:
        console.print(escape(line))
    if answer.question == "claims":
        for row in answer.parts["claims"].rows:
            if row.would_decide:
                console.print(escape(f"{row.id} would be decided by {row.would_decide}"), style="dim")


def _print(lines: list[str]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    for line in lines:
        console.print(escape(line))


def _write(out: Path, answers: list[Answer], found: Ratings | None) -> None:
    from tidelab.run import atomic

    out.mkdir(parents=True, exist_ok=True)
    for answer in answers:
        atomic.write_text(out / f"{answer.question}.json", answer.to_json())
        for name, table in answer.tables().items():
            atomic.write_text(out / f"{answer.question}-{name}.csv", table.write_csv())
    if found:
        atomic.write_text(out / "ratings-set-aside.csv", found.aside.table().write_csv())


def _preregister(path: Path, how: Any, claims: str | None, run: Path | None, json: bool) -> None:
    from tidelab.analysis import claims as claims_module
    from tidelab.analysis.preregistration import digest, preregistration
    from tidelab.run import atomic

    experiment = None
    if run:
        from tidelab.settings import resolve

        experiment = resolve(str(run / "experiment.yaml"), []).experiment
    text = preregistration(how, claims_module.read(claims or "paper"), experiment)
    atomic.write_text(path, text)
    print(json_module.dumps({"file": str(path), "sha256": digest(text)}) if json else f"{path}  sha256 {digest(text)}")


def _scale(text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if found[0] >= found[1]:
        raise TidelabError(f"{text!r} is no scale", where="--scale", mend="give lowest and highest rating, as in --scale 1:7")
    return found


def _columns(pairs: list[str]) -> dict[str, str]:
    from tidelab.analysis.ratings import KEYS

    known = {*KEYS, "value", "order", "source", "age_group", "gender", "education", "validation_order", "layering", "attention", "seconds"}
    found = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in known:
            raise TidelabError(
                f"{pair!r} names no column", where="--column", mend=f"give OURS=THEIRS with ours one of {', '.join(sorted(known))}"
            )
        found[ours] = theirs
    return found


def _known(names: Any, known: set[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise TidelabError(f"nothing is rated on {name!r}", where=where, mend=f"use one of {', '.join(sorted(known))}")
