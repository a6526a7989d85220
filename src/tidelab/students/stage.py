"""The students' cells: tokenizer, bases, fine-tuned students, roster, systems; then every system's replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidelab.engines import provider
from tidelab.engines.base import Engine, Prompt
from tidelab.engines.loading import check_four_bits
from tidelab.experiment import Experiment, Student, System
from tidelab.run.cells import Cell, Work
from tidelab.students import answering, audience, floors, nano, replies, roster
from tidelab.students.fractions import subset
from tidelab.students.known import pinned
from tidelab.students.labels import Example
from tidelab.students.messages import ask, system_prompt_hash
from tidelab.students.similar import similar
from tidelab.students.teach import Lesson, Taught, teach
from tidelab.students.tokenizer import train_tokenizer
from tidelab.text import encoder

if TYPE_CHECKING:
    import polars as pl

READ, SPLIT, TOKENIZER, ROSTER = "corpus/read", "corpus/split", "students/tokenizer", "students/roster"
SYSTEMS = "students/systems"
HELD_OUT = 20
"""One everyday row in so many is kept for the validation loss of the pre-training."""


def check(experiment: Experiment) -> None:
    """Before a run: the engine is here, and every student is there, or a hub has it, and can be spoken to. Raises TidelabError."""
    for student in experiment.students:
        roster.check_model(student.model)
    for student in experiment.students:
        roster.check_hub(student.model)
        if (student.method or experiment.training.method) == "qlora":
            check_four_bits()
    answering.check(experiment.engine, [student.model for student in experiment.students if not roster.is_served(student.model)])
    if experiment.corpus.resample:
        provider.check_key(str(experiment.corpus.teacher))


def cells(experiment: Experiment) -> list[Cell]:
    """Cells `students/*`, then `replies/<system_id>` for each system of the study."""
    made = [s for s in experiment.students if nano.is_nano(s.model)]
    tokenizer = [TOKENIZER] if made else []
    teaching = [_tokenizer(experiment)] if made else []
    teaching += [_base(experiment, s) for s in made]
    students = {s.name: s for s in experiment.students}
    systems = [*experiment.systems(), *experiment.curve_systems()]
    # `fine-tuned+audience` alone has the weights of `fine-tuned`, which nobody else asks for then.
    taught = {s.taught: replace(s, system_id=s.taught) for s in systems if s.taught}
    teaching += [_fine_tuned(experiment, system, students[system.student or ""]) for system in taught.values()]
    named = [(s.name, s.model) for s in experiment.students]
    who = {name: roster.identity(model) for name, model in named}
    listed = Cell(ROSTER, {"students": who}, partial(_roster, named), tuple(tokenizer))
    listed_systems = Cell(
        SYSTEMS, {"seed": experiment.seed, "systems": [s.system_id for s in systems]}, partial(_systems, experiment), (SPLIT,)
    )
    replying = [_replies(experiment, system, students.get(system.student or "")) for system in systems]
    return [*teaching, listed, listed_systems, *replying]


def base_cell(student: Student) -> str:
    """Name of the cell that makes a nano student."""
    return f"students/{student.name}/base"


def tuned_cell(system_id: str) -> str:
    """Name of the cell that fine-tunes a student."""
    return f"students/{system_id}"


def _tokenizer(experiment: Experiment) -> Cell:
    vocabulary = experiment.nano.vocabulary

    def do(work: Work) -> None:
        train = _split(work, "train")
        texts = [*_texts(work.read(READ, "everyday")), *_texts(train)]
        tokenizer = train_tokenizer(texts, vocabulary)
        tokenizer.save_pretrained(work.dir)
        work.note(tokens=len(tokenizer), texts=len(texts))

    return Cell(TOKENIZER, {"vocabulary": vocabulary}, do, (READ, SPLIT))


def _base(experiment: Experiment, student: Student) -> Cell:
    settings = experiment.nano
    count = experiment.nano.rows_for(student)
    training = experiment.training
    lesson = Lesson(
        method="full",
        epochs=settings.pretrain_epochs,
        learning_rate=settings.learning_rate * nano.rate(student.model),
        batch_size=training.batch_size,
        max_length=training.max_length,
        seed=experiment.seed,
    )

    def do(work: Work) -> None:
        tokenizer = _load_tokenizer(work.path(TOKENIZER))
        nano.make(student.model, tokenizer, experiment.seed, work.dir / "untaught")
        rows = _examples(work.read(READ, "everyday").head(count))
        held = rows[::HELD_OUT]
        taught = [r for i, r in enumerate(rows) if i % HELD_OUT]
        _keep(work, teach(str(work.dir / "untaught"), taught, held, lesson, work.dir, work.progress))

    decides = {"model": student.model, "lesson": lesson.decides(), "rows": count, "system_prompt": system_prompt_hash()}
    return Cell(base_cell(student), decides, do, (READ, TOKENIZER), version=2)


def _fine_tuned(experiment: Experiment, system: System, student: Student) -> Cell:
    training = experiment.training
    seed = experiment.seed + system.seed - 1
    lesson = Lesson(
        method=student.method or training.method,
        epochs=student.epochs or training.epochs,
        learning_rate=student.learning_rate or training.learning_rate,
        batch_size=training.batch_size,
        max_length=training.max_length,
        seed=seed,
        lora_rank=training.lora_rank,
        lora_alpha=training.lora_alpha,
        patience=training.patience,
    )

    def do(work: Work) -> None:
        train = subset(_split(work, "train"), system.fraction, seed)
        held = _examples(_split(work, "validation"))
        _keep(work, teach(_source(work, student), _examples(train), held, lesson, work.dir, work.progress))

    decides = {**roster.identity(student.model), "lesson": lesson.decides(), "system_prompt": system_prompt_hash()}
    if system.fraction != "1":
        decides["fraction"] = system.fraction
    return Cell(tuned_cell(system.system_id), decides, do, (SPLIT, *_made(student)), version=2)


def _systems(experiment: Experiment, work: Work) -> None:
    """Table `systems`: what each system_id means. `conversations` and `personas` are those that it was fine-tuned with."""
    import polars as pl

    train, rows = _split(work, "train"), []
    for system in [*experiment.systems(), *experiment.curve_systems()]:
        seed = experiment.seed + system.seed - 1
        seen = subset(train, system.fraction, seed) if system.taught else train.clear()
        facts: dict[str, Any] = {
            "system_id": system.system_id,
            "kind": system.kind,
            "student": system.student or "",
            "condition": system.condition or "",
        }
        facts |= {"audience": system.audience, "taught": system.taught or "", "fraction": float(Fraction(system.fraction)), "seed": seed}
        curve = system.taught == system.system_id
        rows.append(facts | {"curve": curve, "conversations": len(seen), "personas": seen["persona_id"].n_unique()})
    texts = dict.fromkeys(("system_id", "kind", "student", "condition"), pl.String)
    columns = {"audience": pl.Boolean, "taught": pl.String, "fraction": pl.Float64, "seed": pl.Int64, "curve": pl.Boolean}
    work.write("systems", pl.DataFrame(rows, schema=texts | columns | {"conversations": pl.Int64, "personas": pl.Int64}))


def _roster(named: list[tuple[str, str]], work: Work) -> None:
    import polars as pl

    vocabulary = len(_load_tokenizer(work.path(TOKENIZER))) if TOKENIZER in work.cell.needs else 0
    rows = [{"student": name, **roster.sizes(model, vocabulary)} for name, model in named]
    columns = {
        "student": pl.String,
        "family": pl.String,
        "parameters": pl.Int64,
        "non_embedding": pl.Int64,
        "nano": pl.Boolean,
        "path": pl.String,
    }
    work.write("students", pl.DataFrame(rows, schema=columns))


def _replies(experiment: Experiment, system: System, student: Student | None) -> Cell:
    limit = experiment.corpus.limit
    name = f"replies/{system.system_id}"
    if system.kind == "teacher":
        asked = {"teacher": provider.identity(str(experiment.corpus.teacher)), "max_tokens": experiment.engine.max_new_tokens}
        decides = {**asked, "limit": limit, "system_prompt": system_prompt_hash()}
        return Cell(name, decides, partial(_teacher_replies, experiment, system.system_id), (SPLIT,))
    if student is None:
        kind = system.system_id.partition(":")[2]
        near = {"encoder": encoder.fingerprint(experiment.scoring.encoder)} if kind == "nearest" else {}
        return Cell(name, {"limit": limit, **near}, partial(_floor_replies, system.system_id, experiment.scoring.encoder, limit), (SPLIT,))
    tuned = (tuned_cell(system.taught),) if system.taught else ()
    decides = {
        **roster.identity(student.model),
        "engine": experiment.engine.model_dump(exclude={"checked"}),
        "limit": limit,
        "system_prompt": system_prompt_hash(),
    }
    if system.condition == "few-shot":
        decides |= {"shots": student.shots, "encoder": encoder.fingerprint(experiment.scoring.encoder)}
    if system.audience:
        decides["audience"] = audience.prompt_hash()
    work = partial(_student_replies, system, experiment, student, limit)
    return Cell(name, decides, work, (SPLIT, *_made(student), *tuned))


def _floor_replies(system_id: str, encoder_name: str, limit: int | None, work: Work) -> None:
    train = _split(work, "train")
    if system_id == "floor:nearest":
        floor = floors.nearest(list(train.select("person", "chatbot").iter_rows()), encoder.load(encoder_name))
    else:
        floor = {"floor:constant": floors.constant, "floor:echo": floors.echo}[system_id]
    replies.by_floor(work, system_id, _test(work, limit), train["chatbot"].to_list(), floor)


def _teacher_replies(experiment: Experiment, system_id: str, work: Work) -> None:
    from tidelab.students.asked import AT_ONCE, Asked

    corpus, store = experiment.corpus, work.run.path / "responses.db"
    teacher = Asked(str(corpus.teacher), store, experiment.calls, experiment.engine.max_new_tokens, greedy=False)
    replies.by_engine(work, system_id, _test(work, corpus.limit), _split(work, "train")["chatbot"].to_list(), teacher, AT_ONCE)
    work.note(**teacher.facts)


def _student_replies(system: System, experiment: Experiment, student: Student, limit: int | None, work: Work) -> None:
    settings = experiment.engine
    train, test = _split(work, "train"), _test(work, limit)
    shown = None
    if system.condition == "few-shot":
        shown = similar(list(train.select("person", "chatbot").iter_rows()), encoder.load(experiment.scoring.encoder), student.shots)
    told = audience.prompts(work.read(SPLIT, "personas")) if system.audience else None
    with _engine(system, experiment, student, work, test) as engine:
        replies.by_engine(work, system.system_id, test, train["chatbot"].to_list(), engine, settings.batch_size, shown, told)


@contextmanager
def _engine(system: System, experiment: Experiment, student: Student, work: Work, test: pl.DataFrame) -> Iterator[Engine]:
    from tidelab.students.asked import Asked

    settings = experiment.engine
    if roster.is_served(student.model):
        yield Asked(student.model, work.dir / "answers.db", experiment.calls, settings.max_new_tokens, greedy=True)
        return
    source, adapter = _source(work, student), None
    if system.taught:
        tuned = work.path(tuned_cell(system.taught))
        source, adapter = (source, tuned) if (tuned / "adapter_config.json").exists() else (str(tuned), None)
    with answering.answering(settings, experiment.calls, source, adapter, work.dir) as engine:
        work.note(assumed=getattr(engine, "assumed", []))
        if settings.name != "transformers" and settings.checked and not answering.is_gguf(source):
            prompts = [Prompt(ask(person)) for person in test["person"].head(settings.checked)]
            work.note(held_against_transformers=answering.held(settings, source, adapter, engine, prompts))
        yield engine


def _made(student: Student) -> tuple[str, ...]:
    return (base_cell(student),) if nano.is_nano(student.model) else ()


def _source(work: Work, student: Student) -> str:
    return str(work.path(base_cell(student))) if nano.is_nano(student.model) else pinned(student.model)


def _split(work: Work, split: str) -> pl.DataFrame:
    import polars as pl

    return work.read(SPLIT, "conversations").filter(pl.col("split") == split).sort("conversation_id")


def _test(work: Work, limit: int | None) -> pl.DataFrame:
    """The test conversations, at most `limit` of each source: each persona's first, then each one's second, and so on."""
    import polars as pl

    test = _split(work, "test")
    if limit is None:
        return test
    turn = pl.col("conversation_id").cum_count().over("source", "persona_id")
    in_turns = test.with_columns(turn=turn).sort("turn", "conversation_id")
    return in_turns.group_by("source", maintain_order=True).head(limit).drop("turn").sort("conversation_id")


def _examples(table: pl.DataFrame) -> list[Example]:
    columns = [c for c in ("person", "chatbot", "conversation_id") if c in table.columns]
    return [Example(*row) for row in table.select(columns).iter_rows()]


def _texts(table: pl.DataFrame) -> Iterable[str]:
    return [*table["person"].to_list(), *table["chatbot"].to_list()]


def _load_tokenizer(path: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(path)


def _keep(work: Work, taught: Taught) -> None:
    import polars as pl

    columns = {"step": pl.Int64, "epoch": pl.Float64, "train_loss": pl.Float64, "eval_loss": pl.Float64}
    work.write("curve", pl.DataFrame(taught.curve, schema=columns))
    work.note(**taught.facts)
