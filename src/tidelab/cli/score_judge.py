"""The judges' part of `tide score`: their cells, and what is told of them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json as json_module
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidelab.experiment import Calls
    from tidelab.run.cells import Cell
    from tidelab.run.directory import RunDirectory
    from tidelab.scoring.judge.cells import Rows

ATTACKED = 10  # replies on which the attacks are put, four each


@dataclass(frozen=True)
class Panel:
    """The judges of a command, and what is asked of them; `limit` also cuts the examination to N conversations."""

    judges: tuple[str, ...]
    calls: Calls
    examine: bool
    attack: bool
    people: Path | None
    limit: int | None


def cells(panel: Panel, systems: Sequence[str], needs: tuple[str, ...], rows: Rows) -> list[Cell]:
    """The judges' cells: examination and attack where asked for, then levels and scores of the systems, where there are any."""
    from tidelab import judges
    from tidelab.scoring.judge import attack, examination
    from tidelab.scoring.judge import cells as levels

    made: list[Cell] = []
    if panel.examine:
        made += examination.cells(panel.judges, judges.triples(panel.limit), panel.calls, _people(panel.people))
    if panel.attack:
        bases = [(t.person, t.lukewarm) for t in judges.triples(ATTACKED)]
        made += attack.cells(panel.judges, bases, panel.calls)
    return made + (levels.cells(panel.judges, systems, needs, rows, panel.calls, panel.examine) if systems else [])


def of_run(run: Path | None, panel: Panel, *, json: bool, show_prompts: bool) -> int:
    """Judges the replies of a study's run, after all that comes before them; without a run only the judges themselves. The exit code."""
    from tidelab import judges
    from tidelab.cli import watch
    from tidelab.cli.carry_out import carry_out
    from tidelab.cli.score import tell as tell_scores
    from tidelab.run.directory import RunDirectory
    from tidelab.run.executor import Local, run_cells
    from tidelab.settings import resolve

    if show_prompts:
        show(
            [{"person": t.person, "text": t.reference} for t in judges.triples(panel.limit or 1)],
            panel.limit or 1,
            panel.calls.answer_tokens,
            json=json,
        )
        return 0
    code, systems = 0, list[str]()
    if run is not None and (run / "experiment.yaml").is_file():
        # The run's experiment keeps its judges, so that `tide analyse` and `tide report` know their scores.
        sets = [f"corpus.limit={panel.limit}"] if panel.limit else []
        experiment = resolve(str(run / "experiment.yaml"), sets).experiment
        examine = panel.examine or bool(experiment.scoring.judges and experiment.scoring.examine)
        scoring = experiment.scoring.model_copy(update={"judges": list(panel.judges), "examine": examine})
        experiment = experiment.model_copy(update={"scoring": scoring, "calls": panel.calls})
        with contextlib.redirect_stdout(io.StringIO()) if json else contextlib.nullcontext():  # one JSON in all, the judges'
            code = carry_out(experiment, run, until="scoring", json=json)
        systems, panel = [s.system_id for s in experiment.systems()], dataclasses.replace(panel, examine=examine)
    directory, watcher = RunDirectory(run or Path("runs/judges"), create=True), watch.watcher(json)
    alone = not systems or panel.attack or panel.people is not None
    with directory.locked():
        try:
            run_cells(directory, cells(panel, [], (), judges.replies) if alone else [], watcher, Local())
        finally:
            if isinstance(watcher, watch.Bars):
                watcher.close()
    result = {"run": str(directory.path), "refused": {}, "absent": 0, "incomplete": None} | summary(directory, panel, systems, 0.9)
    if json:
        print(json_module.dumps(result, ensure_ascii=False))
    else:
        if systems:
            tell_scores(result)
        tell(result)
    return code


def summary(run: RunDirectory, panel: Panel, systems: Sequence[str], least_share: float) -> dict[str, Any]:
    """`judges` (what is known of each), `agreement` among them, and `scores` as `given_run.summary` has them."""
    import polars as pl

    from tidelab.engines import provider
    from tidelab.scoring.given_run import mean
    from tidelab.scoring.judge.cells import labels

    told, scores, agreement = [], [], {}
    for name, label in labels(panel.judges).items():
        notes = {
            what: (run.done(f"judges/{label}/{what}") or {}).get("notes") if wanted else None
            for what, wanted in (("levels", bool(systems)), ("examination", panel.examine), ("attack", panel.attack))
        }
        told.append({"judge": provider.identity(name), **notes})
    for system in systems:
        table = pl.read_parquet(run.cell_dir(f"scores/{system}/judge") / "scores.parquet")
        agreement[system] = (run.done(f"scores/{system}/judge") or {})["notes"]["agreement"]
        for (part,), here in table.group_by(["metric"], maintain_order=True):
            entry = {"system_id": system, "source": "", "metric": part, "replies": here.height, "signature": here["signature"][0]}
            scores.append(entry | mean(here["value"].to_list(), here["reason"].to_list(), least_share))
    return {"judges": told, "agreement": agreement, "scores": scores}


def tell(result: dict[str, Any]) -> None:
    """What is known of the judges, for people."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for entry in result.get("judges", []):
        head, examined, attacked = f"[bold]{escape(entry['judge'])}[/bold]", entry["examination"], entry["attack"]
        if examined is None:
            console.print(f"{head} unexamined: nothing is known of how well it judges (--examine)")
        else:
            word = "[green]fit[/green]" if examined["fit"] else f"[red]unfit[/red]: not {escape('; not '.join(examined['below']))}"
            shares = ", ".join(f"{k} {_share(examined[k])}" for k in ("failing", "lukewarm", "triples"))
            console.print(f"{head} {word}. Reference over failing, over lukewarm, and all three in order: {shares}")
            repeat, position = examined["repeat"], examined["position"]
            console.print(
                f"  asked again alpha {_number(repeat['alpha'])}, same level {_number(repeat['same'])}; fields turned round "
                f"{_number(position['change'])}; unscored {examined['unscored']:.1%}; words against level {examined['length']}"
            )
        if attacked is None:
            console.print(f"{head} attacks: not measured (--attack)")
        else:
            rise = _number(attacked["mean_rise"])
            console.print(f"{head} attacks: {attacked['raised']} of {attacked['measured']} raised its level; mean rise {rise}")


def show(rows: Sequence[dict[str, Any]], shown: int, answer_tokens: int, *, json: bool) -> None:
    """Prints what a judge would be asked of the first replies."""
    from tidelab.scoring.judge import rubric as rubrics

    rubric = rubrics.load()
    asked = [list(rubric.ask(row["person"], row["text"]).messages) for row in rows if (row["text"] or "").strip()][:shown]
    if json:
        told = {"rubric": rubric.identity, "schema": rubric.schema, "max_tokens": answer_tokens, "prompts": asked}
        print(json_module.dumps(told, ensure_ascii=False))
        return
    for prompt in asked:
        for message in prompt:
            print(f"[{message['role']}]\n{message['content']}\n")
    print(f"rubric {rubric.identity}, at most {answer_tokens:,} tokens for an answer")


def _people(path: Path | None) -> list[dict[str, Any]]:
    from tidelab.errors import TidelabError
    from tidelab.scoring.judge import rubric as rubrics

    if path is None:
        return []
    read, keys = [], rubrics.load().keys
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TidelabError(f"can't be read: {error}", where=str(path), mend="give a JSON Lines file in UTF-8") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json_module.loads(line)
            entry = {name: row[name] for name in ("conversation_id", "system_id", "scale", "value")}
            if entry["scale"] not in keys or not 1 <= float(entry["value"]) <= 5:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            mend = f"write conversation_id, system_id (reference, lukewarm or failing), scale ({', '.join(keys)}) and value (1 to 5)"
            raise TidelabError("is no rating", where=f"{path}:{number}", mend=mend) from None
        read.append(entry)
    return read


def _share(entry: dict[str, Any]) -> str:
    return "none" if entry["share"] is None else f"{entry['share']:.0%} ({entry['low']:.0%} to {entry['high']:.0%})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
