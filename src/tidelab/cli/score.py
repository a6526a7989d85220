"""`tide score`: the replies of a run, or of a file made elsewhere, by metrics and by judges."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tidelab.cli.score_judge import Panel
    from tidelab.experiment import Scoring
    from tidelab.scoring.given import Given

FILE = typer.Argument(
    metavar="[FILE]", help="JSON Lines of replies made elsewhere: conversation_id, text, and where wanted system_id, person, references"
)
RUN = typer.Option(
    "--run", metavar="DIR", help="run directory of an earlier `tide run`; for a FILE where scores go  [default: runs/scored-FILE]"
)
CORPUS = typer.Option(
    help="what the FILE answers: `sample`, a data set or a run; left out where its rows bring `person` and `reference`", show_default=False
)
METRICS = typer.Option(metavar="NAME,...", help="metrics for a FILE, see docs/metrics", show_default=False)
JUDGE = typer.Option(
    "--judge", metavar="PROVIDER:MODEL", help="a model that rates replies; may be given several times: a panel", show_default=False
)
PEOPLE = typer.Option(
    metavar="FILE", help="with --examine: JSON Lines of people's ratings (conversation_id, system_id, scale, value)", show_default=False
)
EPILOG = "Examples:  tide score --run runs/quick   |   tide score replies.jsonl --corpus sample --metrics cosine,meteor   |   "
EPILOG += "tide score --run runs/quick --judge anthropic:MODEL --judge openai:MODEL --examine --max-cost 20"
DEFAULT = "cosine,bertscore,rouge_l,meteor,length,distinct_2"


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=EPILOG)(score)


def score(
    file: Annotated[Path | None, FILE] = None,
    run: Annotated[Path | None, RUN] = None,
    corpus: Annotated[str | None, CORPUS] = None,
    metrics: Annotated[str, METRICS] = DEFAULT,
    encoder: Annotated[str, typer.Option(help="sentence-transformers model for a FILE: a directory or hub id")] = "all-MiniLM-L6-v2",
    bf16: Annotated[bool, typer.Option("--bf16", help="let the encoder count in bf16: faster, values move by up to 0.004")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="leave out conversations that no system of the FILE answered")] = False,
    least_share: Annotated[float, typer.Option(min=0, max=1, help="a mean over a smaller share of the replies is not shown")] = 0.9,
    judge: Annotated[list[str] | None, JUDGE] = None,
    examine: Annotated[bool, typer.Option("--examine", help="judge the judges, on replies of known quality")] = False,
    people: Annotated[Path | None, PEOPLE] = None,
    attack: Annotated[bool, typer.Option("--attack", help="measure how far 40 replies that speak to the judge raise its levels")] = False,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars that judges may cost in this run directory, each")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=0, help="tokens, asked and replied, that judges may use in this run directory, each")
    ] = None,
    answer_tokens: Annotated[int, typer.Option(min=1, help="tokens of one answer of a judge, thinking included")] = 4_000,
    price: Annotated[str | None, typer.Option(metavar="IN,OUT", help="US dollars per million tokens, where the table is not right")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="use the provider's batch endpoint: half the price, within a day")] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=1_000, help="requests in flight at most")] = 16,
    timeout: Annotated[float, typer.Option(min=0.01, help="seconds for one call")] = 120.0,
    poll: Annotated[float, typer.Option(min=0.01, help="seconds between two looks at a batch")] = 30.0,
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="print what judges are asked; do nothing")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first N conversations (of each source in a run)")] = None,
    json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Score replies by every metric: those of a run, with whatever comes before and is missing, or those of a FILE; and by judges.

    Stop it anywhere: the same command goes on, and no stored answer of a judge is paid twice. Exit 3 if more than 1% of a file's
    lines could not be used or of its values could not be had.
    """
    from tidelab.cli import score_judge
    from tidelab.cli.price import price as read_price
    from tidelab.errors import TidelabError
    from tidelab.experiment import Calls, Scoring

    calls = Calls(
        concurrency=concurrency,
        timeout=timeout,
        batch=batch,
        poll=poll,
        max_cost=max_cost,
        max_tokens=max_tokens,
        answer_tokens=answer_tokens,
        price=read_price(price),
    )
    panel = score_judge.Panel(tuple(judge or ()), calls, examine, attack, people, limit) if judge else None
    if file is None and run is None and not (panel and (examine or attack)):
        mend = "give --run DIR, or a JSON Lines FILE of replies; a judge alone is looked at with --examine or --attack"
        raise TidelabError("neither a run nor a file is named", where="tide score", mend=mend)
    if panel is None and (examine or attack or people or show_prompts):
        raise TidelabError("no judge is named", where="tide score", mend="add --judge PROVIDER:MODEL")
    if file is None:
        if panel is None:
            from tidelab.cli.stages import until

            assert run is not None
            until("scoring", run, limit, json)
        else:
            raise typer.Exit(score_judge.of_run(run, panel, json=json, show_prompts=show_prompts))
    else:
        names = [name.strip() for name in metrics.split(",") if name.strip()]
        scoring = Scoring.model_validate({"metrics": names, "encoder": encoder, "dtype": "bf16" if bf16 else "fp32"})
        given, answered = read(file, corpus, partial=partial, limit=limit)
        if panel and show_prompts:
            score_judge.show(given.rows, limit or 1, calls.answer_tokens, json=json)
            return
        result = score_file(file, given, answered, scoring, run or Path("runs") / f"scored-{file.stem}", least_share, panel, json=json)
        if json:
            print(json_module.dumps(result, ensure_ascii=False))
        else:
            tell(result)
            score_judge.tell(result)
        raise typer.Exit(3 if result["incomplete"] else 0)


def read(file: Path, corpus: str | None, *, partial: bool, limit: int | None) -> tuple[Given, str]:
    """The file's rows, and what identifies the conversations that they answer."""
    from tidelab.corpus.opened import opened
    from tidelab.records import text_hash
    from tidelab.scoring import given

    conversations = opened(corpus).conversations if corpus else None
    texts = [text_hash(c.person, c.chatbot) for c in conversations or []]
    identity = f"{text_hash(json_module.dumps(texts), '')} partial:{partial} limit:{limit}" if corpus else f"in the file, limit:{limit}"
    return given.read(file, conversations, partial=partial, limit=limit), identity


def score_file(
    file: Path, given: Given, answered: str, scoring: Scoring, run: Path, least_share: float, panel: Panel | None = None, *, json: bool
) -> dict[str, Any]:
    """Runs what is missing of the file's cells; the summary, with `incomplete`: why the exit is 3, or None."""
    from tidelab.cli import score_judge, watch
    from tidelab.experiment import Experiment, Limits
    from tidelab.run import machine
    from tidelab.run.directory import RunDirectory
    from tidelab.run.executor import Local, run_cells
    from tidelab.scoring import given_run, stage
    from tidelab.scoring.metric import NOT_APPLICABLE

    stage.check(Experiment(students=["none"], scoring=scoring))
    directory, watcher = RunDirectory(run, create=True), watch.watcher(json)
    cells = given_run.cells(given, file, answered, scoring)
    cells += score_judge.cells(panel, given.systems, (given_run.READ,), given_run.rows) if panel else []
    with directory.locked():
        directory.describe(**machine.facts(), file=file.name)
        try:
            run_cells(directory, cells, watcher, Local())
        finally:
            if isinstance(watcher, watch.Bars):
                watcher.close()
    result = given_run.summary(directory, given, scoring, least_share)
    if panel:
        judged = score_judge.summary(directory, panel, given.systems, least_share)
        result = result | judged | {"scores": result["scores"] + judged["scores"]}
    allowed = Limits().unscored_share
    lost, lines = len(given.refused), len(given.refused) + len(given.rows)
    missing = sum(n for e in result["scores"] for why, n in e.get("unscored", {}).items() if not why.startswith(NOT_APPLICABLE))
    values = sum(e["replies"] for e in result["scores"] if "scored" in e)
    over = [f"{lost} of {lines} lines refused"] if lost > allowed * lines else []
    over += [f"{missing} of {values} values unscored"] if missing > allowed * values else []
    return result | {"incomplete": "; ".join(over) or None}


def tell(result: dict[str, Any]) -> None:
    """The summary for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    for reason, count in result["refused"].items():
        console.print(f"[red]refused[/red] {count:,} x {escape(reason)}", soft_wrap=True)
    if result["absent"]:
        console.print(f"[yellow]note[/yellow] {result['absent']:,} conversations of the corpus are answered by no system of the file")
    table = Table("system", "source", "metric", "mean", "all together", "scored")
    reasons: dict[str, int] = {}
    for e in result["scores"]:
        for why in [*e.get("unscored", {}), *filter(None, [e.get("why")])]:
            reasons[why] = max(reasons.get(why, 0), e["unscored"].get(why, 0))
        shown = "" if "mean" not in e else "too few" if e["mean"] is None else f"{e['mean']:.4f}"
        together = f"{e['together']:.4f}" if "together" in e else ""
        scored = f"{e['scored']:,} of {e['replies']:,}" if "scored" in e else f"{e['replies']:,}"
        table.add_row(*map(escape, (e["system_id"], e["source"], e["metric"], shown, together, scored)))
    console.print(table)
    for why, count in reasons.items():
        console.print(
            f"[yellow]unscored[/yellow] {escape(why)}" + (f" (up to {count:,} replies of a system)" if count else ""), soft_wrap=True
        )
    console.print(f"scores: {result['run']}", soft_wrap=True)
    if result["incomplete"]:
        console.print(f"[red]incomplete[/red] {escape(result['incomplete'])}")
