"""A taught student leaves as a directory in hub form: merged equals adapter, and the card says what it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file, save_file

from tests.students.models import save
from tests.students.test_teach import LESSON, ROWS
from tests.study import tide
from tidelab.engines import gguf, openvino
from tidelab.engines.base import Prompt
from tidelab.engines.transformers import TransformersEngine
from tidelab.errors import TidelabError
from tidelab.students import as_gguf
from tidelab.students import export as exporting
from tidelab.students.export import export
from tidelab.students.messages import ask
from tidelab.students.placed import Placed, placed
from tidelab.students.teach import Lesson, teach

PEOPLE = [row.person for row in ROWS[:5]]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    base = str(save(folder / "base", "llama"))
    taught = teach(base, ROWS, ROWS[:4], Lesson("lora", 3, 0.05, 8, 256, seed=5, lora_rank=4), folder / "tuned")
    done = {"cell": "students/base@fine-tuned", "notes": taught.facts}
    (folder / "tuned" / "done.json").write_text(json.dumps(done))
    return folder / "tuned"


def test_the_merged_student_says_what_the_adapter_says_and_needs_no_base(adapter: Path, tmp_path: Path) -> None:
    facts = export(placed(str(adapter)), "merged", tmp_path / "merged", PEOPLE)
    assert facts["compared"]["prompts"] == 5
    assert facts["compared"]["tokens"] > 100
    assert facts["compared"]["difference"] < 1e-3
    assert facts["compared"]["agreement"] == 1.0
    prompts = [Prompt(ask(person)) for person in PEOPLE]
    base = str(adapter.parent / "base")
    expected = [a.text for a in TransformersEngine(base, adapter=adapter, max_new_tokens=12).answer(prompts)]
    shutil.move(tmp_path / "merged", tmp_path / "elsewhere")
    merged = [a.text for a in TransformersEngine(str(tmp_path / "elsewhere"), max_new_tokens=12).answer(prompts)]
    assert merged == expected
    assert merged != [a.text for a in TransformersEngine(base, max_new_tokens=12).answer(prompts)]
    assert not list(tmp_path.glob(".*part"))


def test_the_card_has_the_hubs_header_and_says_how_it_was_taught_and_what_it_is_not_for(adapter: Path, tmp_path: Path) -> None:
    export(placed(str(adapter)), "merged", tmp_path / "out", PEOPLE[:2])
    card = (tmp_path / "out" / "README.md").read_text()
    header = yaml.safe_load(card.split("---")[1])
    assert header["library_name"] == "transformers"
    assert header["license"] == "other"
    assert "base_model" not in header, "a directory of this machine is nothing on a hub"
    assert "no medical device" in card
    assert "conversations: 24" in card
    assert "Answer this person with empathy" in card
    assert "nats" in card
    assert str(tmp_path) not in card and str(adapter.parent) not in card


def test_an_exported_adapter_names_its_base_by_no_path_of_this_machine_and_leaves_the_runs_files_behind(
    adapter: Path, tmp_path: Path
) -> None:
    export(placed(str(adapter)), "adapter", tmp_path / "out", [])
    settings = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "base"
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"adapter_model.safetensors", "README.md", "chat_template.jinja"} <= names
    assert "done.json" not in names
    again = placed(str(tmp_path / "out"), base=str(adapter.parent / "base"))
    assert again == Placed(str(adapter.parent / "base"), tmp_path / "out")


def test_a_hub_models_adapter_names_it_with_its_revision(adapter: Path, tmp_path: Path) -> None:
    facts = export(Placed("Qwen/Qwen2.5-0.5B-Instruct@7ae557", adapter), "adapter", tmp_path / "out", [])
    assert (facts["licence"], facts["revision"]) == ("apache-2.0", "7ae557")
    settings = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert (settings["base_model_name_or_path"], settings["revision"]) == ("Qwen/Qwen2.5-0.5B-Instruct", "7ae557")
    header = yaml.safe_load((tmp_path / "out" / "README.md").read_text().split("---")[1])
    assert (header["base_model"], header["base_model_relation"]) == ("Qwen/Qwen2.5-0.5B-Instruct", "adapter")


def test_a_merged_student_that_is_another_is_not_kept(adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tidelab.students import export as module

    real = module.check_directory

    def spoilt(path: Path) -> None:
        weights = load_file(path / "model.safetensors")
        weights["model.layers.0.mlp.up_proj.weight"] += 1
        save_file(weights, path / "model.safetensors", {"format": "pt"})
        real(path)

    monkeypatch.setattr(module, "check_directory", spoilt)
    with pytest.raises(TidelabError, match="merged and adapter differ"):
        export(placed(str(adapter)), "merged", tmp_path / "out", PEOPLE)
    assert not (tmp_path / "out").exists()


def test_a_student_of_which_every_weight_was_taught_is_copied_with_its_card(tmp_path: Path) -> None:
    tuned = tmp_path / "mine@fine-tuned"  # as a run calls it
    taught = teach(str(save(tmp_path / "base")), ROWS, ROWS[:4], LESSON, tuned)
    (tuned / "done.json").write_text(json.dumps({"cell": "students/mine@fine-tuned", "notes": taught.facts}))
    facts = export(placed(str(tuned)), "merged", tmp_path / "out", [])
    assert "compared" not in facts
    assert (facts["base"], facts["revision"]) == ("mine@fine-tuned", "")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "`students/mine@fine-tuned` of a tidelab run: every weight was taught" in card
    assert "conversations: 24" in card
    assert not (tmp_path / "out" / "done.json").exists()
    prompts = [Prompt(ask(person)) for person in PEOPLE[:2]]
    said = [[a.text for a in TransformersEngine(str(tmp_path / d), max_new_tokens=8).answer(prompts)] for d in (tuned.name, "out")]
    assert said[0] == said[1]


def test_what_can_t_be_exported_says_why(adapter: Path, tmp_path: Path) -> None:
    base = str(adapter.parent / "base")
    with pytest.raises(TidelabError, match="no run has taught"):
        export(placed(base), "merged", tmp_path / "out", PEOPLE)
    with pytest.raises(TidelabError, match="without adapter"):
        export(placed(base), "adapter", tmp_path / "out", PEOPLE)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(TidelabError, match="holds other things"):
        export(placed(str(adapter)), "merged", tmp_path / "full", PEOPLE)
    with pytest.raises(TidelabError, match="has no base"):
        placed(base, base=base)


def test_an_adapter_whose_base_has_moved_asks_for_it(adapter: Path, tmp_path: Path) -> None:
    shutil.copytree(adapter, tmp_path / "moved")
    settings = json.loads((adapter / "adapter_config.json").read_text())
    (tmp_path / "moved" / "adapter_config.json").write_text(json.dumps(settings | {"base_model_name_or_path": "/no/such/base"}))
    with pytest.raises(TidelabError, match="not at /no/such/base any more") as error:
        placed(str(tmp_path / "moved"))
    assert "--base MODEL" in error.value.mend
    (tmp_path / "moved" / "adapter_config.json").write_text("{")
    with pytest.raises(TidelabError, match=r"adapter_config\.json"):
        placed(str(tmp_path / "moved"))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter on a student whose widths every engine takes."""
    folder = tmp_path_factory.mktemp("wide")
    widths = {"max_position_embeddings": 2048, "initializer_range": 0.05}
    base = str(save(folder / "base", "llama", hidden_size=128, intermediate_size=256, head_dim=32, **widths))
    teach(base, ROWS, ROWS[:4], Lesson("lora", 3, 0.02, 4, 256, seed=5, lora_rank=4), folder / "tuned")
    return folder / "tuned"


def test_a_gguf_file_is_held_against_the_student_and_answers_without_its_weights(wide: Path, llama_cpp: Path, tmp_path: Path) -> None:
    if not openvino.installed():
        pytest.skip("needs OpenVINO GenAI (the extra openvino)")
    code, told = tide("students", "export", str(wide), "--to", "gguf", "--out", str(tmp_path / "out"), "--limit", "6", "--json")
    held = json.loads(told)["held"]
    assert code == 0 and held["prompts"] == 6 and held["same_token"] >= 0.99
    assert set(held["drift"]) == {"cosine", "rouge_l", "meteor"} and held["drift"]["rouge_l"] > 0.9
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"model-f16.gguf", "tokenizer.json", "config.json", "README.md"} <= names and "model.safetensors" not in names
    card = (tmp_path / "out" / "README.md").read_text()
    assert "GGUF of type f16" in card and "On 6 prompts" in card and "library_name: gguf" in card
    code, said = tide("students", "reply", str(tmp_path / "out"), "Hi", "--engine", "openvino", "--max-new-tokens", "12")
    assert code == 0 and said.strip()
    with pytest.raises(TidelabError, match="holds a GGUF file alone"):
        TransformersEngine(str(tmp_path / "out"), max_new_tokens=4)


def test_where_nothing_reads_the_file_the_card_says_that_it_was_not_compared(
    wide: Path, llama_cpp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, "installed", lambda: False)
    monkeypatch.delenv(gguf.SERVER, raising=False)
    assert export(placed(str(wide)), "gguf", tmp_path / "out", PEOPLE, "q8_0")["held"] is None
    assert "not compared" in (tmp_path / "out" / "README.md").read_text()
    assert (tmp_path / "out" / "model-q8_0.gguf").exists() and not list(tmp_path.glob(".*part"))


def test_an_f16_file_that_answers_otherwise_is_not_kept(
    wide: Path, llama_cpp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not openvino.installed():
        pytest.skip("needs OpenVINO GenAI (the extra openvino)")
    own = as_gguf.as_gguf

    def of_the_base(source: str, adapter: Path | None, *rest: object) -> Path:
        return own(source, None, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "as_gguf", of_the_base)
    with pytest.raises(TidelabError, match="the GGUF file chooses the student's token in"):
        export(placed(str(wide)), "gguf", tmp_path / "out", PEOPLE)
    assert not (tmp_path / "out").exists()


def test_prompts_that_nobody_can_answer_are_told_as_such(adapter: Path, llama_cpp: Path, tmp_path: Path) -> None:
    if not openvino.installed():
        pytest.skip("needs OpenVINO GenAI (the extra openvino)")
    with pytest.raises(TidelabError, match="no prompt was answered by both: prompt too long"):
        export(placed(str(adapter)), "gguf", tmp_path / "out", ["word " * 400])
