"""The engine that a study names: started for a student, held against the reference first, and stopped again."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.students.models import save
from tests.students.test_teach import ROWS
from tests.study import run_study, table
from tidelab.engines import gguf, started
from tidelab.engines.base import Answer, Prompt
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.experiment import Calls, Engine
from tidelab.students import answering
from tidelab.students.messages import ask
from tidelab.students.teach import Lesson, teach

VLLM = Engine(name="vllm", max_new_tokens=12)
PROMPTS = [Prompt(ask(row.person)) for row in ROWS[:4]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in a process of its own that answers with the model it is given, on vLLM's command line."""
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
    monkeypatch.setenv(started.VLLM, shlex.join([sys.executable, str(root / "tests" / "engines" / "stand_in_server.py")]))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """(base, adapter)."""
    folder = tmp_path_factory.mktemp("taught")
    base = str(save(folder / "base", "llama"))
    teach(base, ROWS, ROWS[:4], Lesson("lora", 3, 0.05, 8, 256, seed=5, lora_rank=4), folder / "tuned")
    return base, folder / "tuned"


def test_a_server_is_started_with_the_adapter_unmerged_answers_as_the_reference_and_is_stopped(
    taught: tuple[str, Path], server: None, tmp_path: Path
) -> None:
    base, adapter = taught
    with answering.answering(VLLM, Calls(), base, adapter, tmp_path) as engine:
        facts = answering.held(VLLM, base, adapter, engine, PROMPTS)
        assert [a.text for a in engine.answer(PROMPTS)] == [
            a.text for a in TransformersEngine(base, adapter=adapter, max_new_tokens=12).answer(PROMPTS)
        ]
        assert _servers(base) == 1
    assert facts["same_token"] == facts["same_text"] == 1.0 > facts["same_token_as_base"]
    assert _servers(base) == 0


def test_an_engine_that_forgets_the_adapter_is_found_out(
    taught: tuple[str, Path], server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, adapter = taught
    monkeypatch.setenv("STAND_IN", "deaf")
    monkeypatch.setattr(answering, "BAR", 0.0)
    with (
        answering.answering(VLLM, Calls(), base, adapter, tmp_path) as engine,
        pytest.raises(TidelabError, match="the adapter has no effect"),
    ):
        answering.held(VLLM, base, adapter, engine, PROMPTS)


def test_an_engine_that_answers_otherwise_is_refused(taught: tuple[str, Path]) -> None:
    class Other:
        identity = "another student"

        def answer(self, prompts: list[Prompt]) -> list[Answer]:
            return [Answer("words of somebody else", "stop") for _ in prompts]

    with pytest.raises(TidelabError, match=r"another student chooses the reference's token in [0-9]% of cases"):
        answering.held(VLLM, taught[0], None, Other(), PROMPTS)  # type: ignore[arg-type]


def test_a_server_that_ends_before_it_answers_is_told_with_its_last_words(
    taught: tuple[str, Path], server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "broken")
    with (
        pytest.raises(TidelabError, match=r"ended with status 1 before it answered: no room for the model") as told,
        answering.answering(VLLM, Calls(), taught[0], None, tmp_path),
    ):
        pass
    assert told.value.where == str(tmp_path / answering.WORDS)


def test_an_engine_that_is_not_here_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (started.VLLM, gguf.SERVER, gguf.SOURCE):
        monkeypatch.delenv(name, raising=False)
    for engine, variable in (("vllm", started.VLLM), ("llama.cpp", gguf.SERVER)):
        with pytest.raises(TidelabError) as told:
            answering.check(Engine(name=engine), ["nano:1m"])  # type: ignore[arg-type]
        assert told.value.where == variable
        answering.check(Engine(name=engine), [])  # type: ignore[arg-type]
    monkeypatch.setattr(answering.openvino, "installed", lambda: True)
    with pytest.raises(TidelabError, match="this model is `lfm2`"):
        answering.check(Engine(name="openvino"), ["nano:1m"])


def test_each_server_is_started_by_its_own_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gguf.SERVER, "/opt/llama/llama-server --threads 2")
    expected = "/opt/llama/llama-server --threads 2 --model m.gguf --alias student --host 127.0.0.1 --port 81 --no-repack"
    assert " ".join(started.command("llama.cpp", Path("m.gguf"), 81)) == expected
    monkeypatch.setenv(gguf.SERVER, "/env/bin/python -m llama_cpp.server")
    assert " ".join(started.command("llama.cpp", Path("m.gguf"), 81)).endswith("m.gguf --model_alias student --host 127.0.0.1 --port 81")
    monkeypatch.setenv(started.VLLM, "vllm")
    assert "--lora-modules t@fine-tuned=a/t@fine-tuned" in " ".join(started.command("vllm", Path("m"), 81, Path("a/t@fine-tuned")))


def test_a_study_names_its_engine_and_notes_how_near_it_is(tiny_model: Path, server: None, tmp_path: Path) -> None:
    run = tmp_path / "run"
    sets = [f"students=[{tiny_model}]", "engine.name=vllm", "engine.checked=3", "engine.max_new_tokens=12", "training.max_length=4096"]
    sets += ["corpus.personas=12", "corpus.limit=2", "scoring.metrics=[rouge_l]", "training.method=lora"]
    told = run_study(run, *sets)
    assert told["exit"] in (0, 3)
    for condition, served in (("zero-shot", started.NAME), ("fine-tuned", f"{tiny_model.name}@fine-tuned")):
        cell = run / "replies" / f"{tiny_model.name}@{condition}"
        held = json.loads((cell / "done.json").read_text())["notes"]["held_against_transformers"]
        assert held["prompts"] == 3 and held["same_token"] == 1.0
        replies = table(run, f"replies/{tiny_model.name}@{condition}", "replies")
        assert replies["engine"].unique().to_list() == [f"openai-compatible:{served}, greedy"]
        assert replies["text"].null_count() == 0 and not (cell / answering.WHOLE).exists()
    assert run_study(run, *sets)["ran"] == []


def test_llama_cpps_server_answers_as_the_reference_with_the_adapter_merged(llama_cpp: Path, tmp_path: Path) -> None:
    if not os.environ.get(gguf.SERVER):
        pytest.skip("needs llama.cpp's server (TIDELAB_LLAMA_SERVER)")
    base = str(save(tmp_path / "base", "llama", hidden_size=128, head_dim=32, initializer_range=0.05))
    teach(base, ROWS, ROWS[:4], Lesson("full", 6, 0.005, 4, 256, seed=5), tmp_path / "talks")
    teach(str(tmp_path / "talks"), ROWS[::-1], ROWS[:4], Lesson("lora", 3, 0.01, 4, 256, seed=6, lora_rank=4), tmp_path / "tuned")
    settings, place = Engine(name="llama.cpp", max_new_tokens=12), (str(tmp_path / "talks"), tmp_path / "tuned")
    with answering.answering(settings, Calls(), *place, tmp_path) as engine:
        facts = answering.held(settings, *place, engine, PROMPTS)
    assert facts["same_token"] >= 0.97 and not (tmp_path / answering.WHOLE).exists()


def _servers(model: str) -> int:
    """Processes that serve the model."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode().split("\0")
            found += any(word.endswith("stand_in_server.py") for word in words) and model in words
    return found
