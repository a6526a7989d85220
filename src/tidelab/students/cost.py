"""Cost: hours and memory of each of the students' cells, computed from the architecture and from what this machine was seen to do."""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass
from typing import Any, Literal

from tidelab.errors import TidelabError
from tidelab.experiment import Experiment, Student, System
from tidelab.students.memory import BYTES, Dimensions, dimensions, layer_width, to_answer, to_teach
from tidelab.students.nano import is_nano
from tidelab.students.roster import is_served, settings
from tidelab.students.stage import base_cell, tuned_cell
from tidelab.students.teach import LARGE

USED = 0.45
"""Share of an accelerator's measured matrix rate or bandwidth that is expected to be reached; ours, unverified."""
AROUND = {"teach": 550, "answer": 690}
"""Of a CPU: what else is done to each number that a layer makes costs as much time as so many weights; fitted to benchmarks/plan.py."""
TRAIN = 0.7
"""Share of the conversations that teach."""


@dataclass(frozen=True)
class Machine:
    """What a machine was seen to do."""

    name: str
    operations: float
    """Floating-point operations in a second, in large matrix products: bf16 on an accelerator, fp32 on a CPU."""
    bandwidth: float
    """Bytes read in a second."""
    kind: Literal["cpu", "cuda"] = "cpu"


@dataclass(frozen=True)
class Words:
    """Tokens of a conversation, on average: the prompt with its template, and the reply."""

    prompt: float
    reply: float


@dataclass(frozen=True)
class Cost:
    """Of one cell."""

    seconds: float
    memory: int
    """Bytes at the widest point."""


def costs(experiment: Experiment, conversations: int, tested: int, words: Words, machine: Machine) -> dict[str, Cost]:
    """By the cell's name, for every cell that teaches or asks a student whose architecture is known.

    conversations: in the whole corpus; tested: how many each system answers.
    """
    students = {s.name: s for s in experiment.students}
    sizes = {name: _dimensions(s, experiment.nano.vocabulary) for name, s in students.items()}
    found: dict[str, Cost] = {}
    for system in [*experiment.systems(), *experiment.curve_systems()]:
        of = sizes.get(system.student or "")
        if of is None:
            continue
        student = students[system.student or ""]
        if is_nano(student.model):
            rows = experiment.nano.rows_for(student) * experiment.nano.pretrain_epochs
            found.setdefault(base_cell(student), _teach(experiment, of, "full", rows, words, machine))
        if system.taught and tuned_cell(system.taught) not in found:
            method = student.method or experiment.training.method
            passes = (student.epochs or experiment.training.epochs) * _share(system)
            found[tuned_cell(system.taught)] = _teach(experiment, of, method, TRAIN * conversations * passes, words, machine)
        shots = student.shots if system.condition == "few-shot" else 0
        found[f"replies/{system.system_id}"] = _answer(experiment, of, tested, words, shots, machine)
    return found


@functools.cache
def measured() -> Machine:
    """This machine, in about a second."""
    import torch

    on_gpu = torch.cuda.is_available()
    size, kind = (8192, torch.bfloat16) if on_gpu else (2048, torch.float32)
    place = torch.device("cuda" if on_gpu else "cpu")
    one = torch.ones(size, size, dtype=kind, device=place)
    many = torch.ones(2**28 if on_gpu else 2**25, dtype=torch.float32, device=place)
    name = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    return Machine(name, 2 * size**3 / _best(lambda: one @ one), many.nbytes / _best(lambda: many.sum()), place.type)  # type: ignore[arg-type]


def share(of: Dimensions, machine: Machine, doing: Literal["teach", "answer"]) -> float:
    """Of the measured rates, what this student reaches. On a CPU narrow layers reach less: there is more to do around each product."""
    if machine.kind == "cuda":
        return USED
    weights = of.non_embedding / (of.layers * layer_width(of))
    return weights / (weights + AROUND[doing])


def _best(work: Any) -> float:
    """Seconds of the fastest of ten tries, after one that doesn't count."""
    import torch

    seconds = []
    for _ in range(11):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def _dimensions(student: Student, vocabulary: int) -> Dimensions | None:
    """None where the model is not known and a hub does not tell, or a server answers for it."""
    if is_served(student.model):
        return None
    try:
        return dimensions(settings(student.model, vocabulary))
    except TidelabError:
        return None


def _share(system: System) -> float:
    from fractions import Fraction

    return float(Fraction(system.fraction))


def _teach(experiment: Experiment, of: Dimensions, method: Any, rows: float, words: Words, machine: Machine) -> Cost:
    """A token costs two operations a weight forward and two back to the activations; two more where the weight itself learns, and
    two more for the second forward pass of gradient checkpointing. The head sees the reply's tokens alone.
    """
    training = experiment.training
    checkpointing = of.parameters > LARGE
    each = (6 if method == "full" else 4) + (2 if checkpointing else 0)
    length = words.prompt + words.reply
    operations = rows * (each * of.non_embedding * length + (6 if method == "full" else 4) * of.hidden * of.vocabulary * words.reply)
    memory = to_teach(
        of,
        method,
        training.batch_size,
        min(training.max_length, math.ceil(2 * length)),  # the longest rows of a corpus are about twice as long as its mean
        rank=training.lora_rank,
        checkpointing=checkpointing,
        reply_share=words.reply / length,
    )
    return Cost(operations / (machine.operations * share(of, machine, "teach")), memory)


def _answer(experiment: Experiment, of: Dimensions, tested: int, words: Words, shots: int, machine: Machine) -> Cost:
    """At most: every batch is taken to write until replies are cut. A step reads all weights once and computes each row's token."""
    engine = experiment.engine
    prompt = words.prompt + shots * (words.prompt + words.reply)
    read = 2 * of.non_embedding * prompt * tested / machine.operations
    computed = 2 * of.parameters * min(engine.batch_size, tested) / machine.operations
    step = max(computed, BYTES[engine.dtype] * of.parameters / machine.bandwidth)
    steps = math.ceil(tested / engine.batch_size) * engine.max_new_tokens
    memory = to_answer(of, min(engine.batch_size, tested), math.ceil(2 * prompt) + engine.max_new_tokens, engine.dtype)
    return Cost((read + steps * step) / share(of, machine, "answer"), memory)
