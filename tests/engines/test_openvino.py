"""OpenVINO GenAI answers from a GGUF file what the reference engine answers from the model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.engines.test_transformers import PEOPLE, ask
from tests.students.models import save
from tidelab.engines import openvino
from tidelab.engines.agreement import agreement
from tidelab.engines.openvino import ARCHITECTURES, OpenVinoEngine
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students.as_gguf import as_gguf

# heads of 32 and widths of whole blocks, as OpenVINO's kernels want them
WIDTHS = {"hidden_size": 128, "intermediate_size": 256, "head_dim": 32, "max_position_embeddings": 512}


@pytest.fixture(scope="module")
def exported(llama_cpp: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """family -> (model directory, the same as GGUF)."""
    if find_spec("openvino_genai") is None:
        pytest.skip("needs OpenVINO GenAI (the extra openvino)")
    folder, found = tmp_path_factory.mktemp("gguf"), {}
    for family in ARCHITECTURES:
        model = save(folder / family, family, **WIDTHS)
        found[family] = model, as_gguf(str(model), None, folder / f"{family}-gguf", "f16")
    return found


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_it_answers_what_the_reference_answers(family: str, exported: dict[str, tuple[Path, Path]]) -> None:
    model, written = exported[family]
    assert not list(written.glob("*.safetensors")), "the directory holds one copy of the weights"
    reference, engine = TransformersEngine(str(model), max_new_tokens=16), OpenVinoEngine(written, max_new_tokens=16)
    prompts = [ask(person) for person in [*PEOPLE, *PEOPLE]]  # some come twice: what was computed for the first serves the second
    expected, found = reference.answer(prompts), engine.answer(prompts)
    assert agreement(reference.tokenizer, expected, found).same_token >= 0.97
    assert [(a.prompt_tokens, a.stop_reason) for a in found] == [(a.prompt_tokens, a.stop_reason) for a in expected]
    assert [a.text for a in found[:5]] == [a.text for a in found[5:]]
    assert len({a.text for a in found}) > 1


def test_a_prompt_too_long_for_the_context_gets_its_reason_and_the_others_their_answer(exported: dict[str, tuple[Path, Path]]) -> None:
    short, long = OpenVinoEngine(exported["llama"][1], max_new_tokens=4).answer([ask("Hi"), ask("hello " * 600)])
    assert short.text is not None
    assert long.text is None and "exceed the context of 512" in long.reason


def test_it_needs_no_torch(exported: dict[str, tuple[Path, Path]]) -> None:
    code = (
        "import sys; from pathlib import Path\nsys.modules['torch'] = None\n"
        "from tidelab.engines.openvino import OpenVinoEngine\nfrom tidelab.engines.base import Prompt, dialogue\n"
        f"answers = OpenVinoEngine(Path({str(exported['llama'][1])!r}), max_new_tokens=4).answer([Prompt(dialogue('', 'Hi'))])\n"
        "assert answers[0].text is not None"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_file_that_is_none_is_told_with_its_place(exported: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    broken = shutil.copytree(exported["llama"][1], tmp_path / "broken")
    openvino.gguf_file(broken).write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(TidelabError, match="OpenVINO can't read the file"):
        OpenVinoEngine(broken, max_new_tokens=4)


def test_what_it_does_not_read_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TidelabError, match="this model is `lfm2`"):
        openvino.check_kind("lfm2", "nano:1m")
    with pytest.raises(TidelabError, match="holds 0 GGUF files"):
        openvino.gguf_file(tmp_path)
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).touch()
    with pytest.raises(TidelabError, match="holds 2 GGUF files"):
        openvino.gguf_file(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps([])[:1])
    with pytest.raises(TidelabError, match=r"config\.json can't be read"):
        openvino.config(tmp_path)
    monkeypatch.setattr(openvino, "installed", lambda: False)
    with pytest.raises(TidelabError, match="not installed"):
        openvino.check_installed()
