"""The plan's hours and memory: they follow from the architecture, the lengths and the machine, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidelab.experiment import Experiment
from tidelab.students import stage
from tidelab.students.cost import USED, Machine, Words, costs, measured, share
from tidelab.students.known import known
from tidelab.students.memory import dimensions
from tidelab.students.roster import settings

MACHINE = Machine("a machine", operations=1e15, bandwidth=3e12, kind="cuda")
WORDS = Words(prompt=100, reply=100)
MODEL = "Qwen/Qwen2.5-1.5B-Instruct"


def study(**changes: Any) -> Experiment:
    student = {"model": MODEL, "fractions": ["1/4", "1"]}
    training = {"method": "lora", "epochs": 2, "batch_size": 16}
    return Experiment.model_validate({"students": [student], "training": training, "engine": {"dtype": "bf16"}} | changes)


def test_every_cell_that_teaches_or_asks_a_student_has_its_cost() -> None:
    named = {cell.name for cell in stage.cells(study())}
    found = costs(study(), 1000, 200, WORDS, MACHINE)
    wanted = {name for name in named if "Qwen" in name}
    assert set(found) == wanted


def test_teaching_costs_four_operations_a_weight_and_token_and_two_more_for_checkpointing() -> None:
    found = costs(study(), 1000, 200, WORDS, MACHINE)["students/Qwen2.5-1.5B-Instruct@fine-tuned"]
    tokens = 0.7 * 1000 * 2 * 200
    head = 1536 * 151936
    assert found.seconds == pytest.approx((6 * 1310340608 * tokens + 4 * head * tokens / 2) / 1e15 / USED)
    assert 4 * known()[MODEL].parameters < found.memory < 30 * 2**30


def test_a_quarter_of_the_data_costs_a_quarter_of_the_time_and_as_much_memory() -> None:
    found = costs(study(), 1000, 200, WORDS, MACHINE)
    whole, quarter = (found[f"students/Qwen2.5-1.5B-Instruct@fine-tuned{f}"] for f in ("", "~f1/4"))
    assert quarter.seconds == pytest.approx(whole.seconds / 4)
    assert quarter.memory == whole.memory


def test_all_weights_cost_more_than_an_adapter_in_time_and_memory() -> None:
    name = "students/Qwen2.5-1.5B-Instruct@fine-tuned"
    lora = costs(study(), 1000, 200, WORDS, MACHINE)[name]
    full = costs(study(training={"method": "full", "epochs": 2}), 1000, 200, WORDS, MACHINE)[name]
    assert full.seconds > lora.seconds
    assert full.memory > lora.memory + 12 * known()[MODEL].parameters - 2**30


def test_answering_is_bound_by_reading_the_weights_or_by_computing() -> None:
    name = "replies/Qwen2.5-1.5B-Instruct@zero-shot"
    slow_memory = costs(study(), 1000, 64, WORDS, Machine("m", 1e18, 1e9, "cuda"))[name]
    assert slow_memory.seconds == pytest.approx(256 * 2 * known()[MODEL].parameters / 1e9 / USED, rel=0.01)
    slow_sums = costs(study(), 1000, 64, WORDS, Machine("m", 1e12, 1e18, "cuda"))[name]
    assert slow_sums.seconds == pytest.approx(64 * (256 * 2 * known()[MODEL].parameters + 100 * 2 * 1310340608) / 1e12 / USED, rel=0.01)


def test_a_nano_students_making_is_counted_and_an_unknown_hub_model_is_left_out() -> None:
    students = ["nano:1m", "owner/unheard-of"]
    found = costs(study(students=students), 1000, 200, WORDS, MACHINE)
    assert set(found) == {
        "students/nano-1m/base",
        "students/nano-1m@fine-tuned",
        "replies/nano-1m@zero-shot",
        "replies/nano-1m@fine-tuned",
    }


def test_on_a_cpu_a_narrow_student_reaches_less_of_the_rate_than_a_wide_one_and_never_all() -> None:
    machine = Machine("m", 1e12, 1e11)
    shares = [share(dimensions(settings(model, 0)), machine, "teach") for model in ("HuggingFaceTB/SmolLM2-135M-Instruct", MODEL)]
    assert 0 < shares[0] < shares[1] < 1
    assert share(dimensions(settings(MODEL, 0)), MACHINE, "answer") == USED


def test_the_plan_was_within_a_quarter_of_every_measured_cell() -> None:
    told = json.loads((Path(__file__).parents[2] / "benchmarks/results/plan.json").read_text("utf-8"))
    assert len(told["cells"]) == 6
    for name, cell in told["cells"].items():
        assert 0.75 <= cell["planned_seconds"] / cell["measured_seconds"] <= 1.25, name


def test_this_machine_is_measured_once_and_is_no_miracle() -> None:
    machine = measured()
    assert machine is measured()
    assert 1e8 < machine.operations < 1e16
    assert 1e8 < machine.bandwidth < 1e14
