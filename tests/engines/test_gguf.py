"""llama.cpp's converter, found and run in a process of its own; what is missing or fails is told with its mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.students.models import save
from tidelab.engines import gguf
from tidelab.engines.llama_convert import WORDS, cuts_like
from tidelab.errors import TidelabError

CONVERTER = """
import sys
from pathlib import Path
from conversion.base import TextModel

def main():
    directory, _, out, _, kind = sys.argv[1:]
    Path(out).write_text(f"{kind} {TextModel().get_vocab_base_pre(None)}")
"""
BASE = """
class TextModel:
    def get_vocab_base_pre(self, tokenizer):
        raise RuntimeError("BPE pre-tokenizer was not recognized")
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A converter of the same form, that writes down what it was asked for."""
    place = tmp_path / "llama.cpp"
    (place / "conversion").mkdir(parents=True)
    (place / "conversion" / "base.py").write_text(BASE)
    (place / gguf.CONVERTER).write_text(CONVERTER)
    monkeypatch.setenv(gguf.SOURCE, str(place))
    return place


def model(place: Path, **pre_tokenizer: object) -> Path:
    place.mkdir()
    steps = {"type": "ByteLevel", "add_prefix_space": False} | pre_tokenizer
    (place / "tokenizer.json").write_text(json.dumps({"pre_tokenizer": steps}))
    return place


def test_a_tokenizer_of_our_own_gets_its_pre_tokenizer_named(source: Path, tmp_path: Path) -> None:
    gguf.convert(model(tmp_path / "m"), tmp_path / "out.gguf", "q8_0")
    assert (tmp_path / "out.gguf").read_text() == "q8_0 gpt-2"


def test_one_that_cuts_otherwise_is_refused_with_the_converters_words(source: Path, tmp_path: Path) -> None:
    with pytest.raises(TidelabError, match=r"the converter failed: .*pre-tokenizer was not recognized"):
        gguf.convert(model(tmp_path / "m", type="Metaspace"), tmp_path / "out.gguf", "f16")
    assert not (tmp_path / "out.gguf").exists()


def split(pattern: str, **more: object) -> dict[str, object]:
    cut = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False} | more
    return {"type": "Sequence", "pretokenizers": [cut, {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}]}


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ({}, "gpt-2"),
        ({"use_regex": False}, None),
        ({"add_prefix_space": True}, None),
        ({"type": "Sequence", "pretokenizers": []}, None),
        (split(WORDS % ""), "qwen2"),
        (split(WORDS % "{1,3}"), "llama-bpe"),
        (split(WORDS % "", invert=True), None),
        (split("[a-z]+"), None),
    ],
)
def test_only_known_ways_of_cutting_get_a_name(steps: dict[str, object], name: str | None, tmp_path: Path) -> None:
    assert cuts_like(model(tmp_path / "m", **steps)) == name
    assert cuts_like(tmp_path) is None


@pytest.mark.parametrize("named", ["", "nowhere"])
def test_without_a_converter_the_mend_says_where_to_get_it(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gguf.SOURCE, named)
    with pytest.raises(TidelabError) as told:
        gguf.check_converter()
    assert "TIDELAB_LLAMA_CPP" in str(told.value.where) and "llama-cpp-python" in str(told.value.mend)


def test_four_bits_need_a_quantizer_beside_the_server(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gguf.SERVER, raising=False)
    with pytest.raises(TidelabError, match="no server of llama"):
        gguf.check_converter("q4_k_m")
    monkeypatch.setenv(gguf.SERVER, str(tmp_path / "llama-server"))
    with pytest.raises(TidelabError, match="llama-quantize is not beside"):
        gguf.check_converter("q4_k_m")
    (tmp_path / "llama-quantize").write_text('#!/bin/sh\necho "$3 of $(cat "$1")" > "$2"\n')
    (tmp_path / "llama-quantize").chmod(0o755)
    gguf.convert(model(tmp_path / "m"), tmp_path / "out.gguf", "q4_k_m")
    assert (tmp_path / "out.gguf").read_text() == "Q4_K_M of f16 gpt-2\n"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3", "mistral"])  # others want a sentencepiece model
def test_llama_cpps_own_converter_takes_the_family(family: str, llama_cpp: Path, tmp_path: Path) -> None:
    gguf.convert(save(tmp_path / family, family), tmp_path / "out.gguf", "f16")
    assert (tmp_path / "out.gguf").read_bytes()[:4] == b"GGUF"
