"""Runs llama.cpp's converter, in a process of its own: python -m tidelab.engines.llama_convert SOURCE DIRECTORY --outfile F --outtype T.

The converter knows pre-tokenizers by what they make of one text, and refuses a tokenizer that was trained anew. Where such a one cuts words
as GPT-2's, Qwen 2's or Llama 3's does (nano students': GPT-2's), it gets that one's name; any other is refused still.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
KNOWN = {WORDS % "": "qwen2", WORDS % "{1,3}": "llama-bpe"}
"""Regular expressions that cut words, and the name that llama.cpp has for each."""


def cuts_like(directory: Path) -> str | None:
    """llama.cpp's name for how the tokenizer cuts words before its merges; None where it is none of those known here."""
    path = directory / "tokenizer.json"
    step = (json.loads(path.read_text("utf-8")).get("pre_tokenizer") if path.exists() else None) or {}
    steps = step["pretokenizers"] if step.get("type") == "Sequence" else [step]
    *before, last = steps or [{}]
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space"):
        return None
    if last.get("use_regex", True):
        return None if before else "gpt-2"
    cut = before[0] if len(before) == 1 else {}
    return KNOWN.get(cut.get("pattern", {}).get("Regex", "")) if cut.get("behavior") == "Isolated" and not cut.get("invert") else None


def main() -> None:
    """Converts."""
    source, directory, *options = sys.argv[1:]
    sys.path[:0] = [source, str(Path(source) / "gguf-py")]
    converter = importlib.import_module("convert_hf_to_gguf")
    model: Any = importlib.import_module("conversion.base").TextModel
    known = model.get_vocab_base_pre

    def named(self: Any, tokenizer: Any) -> str:
        try:
            return str(known(self, tokenizer))
        except RuntimeError:  # the converter's own word for a pre-tokenizer that it doesn't know is one of these
            if (name := cuts_like(Path(directory))) is None:
                raise
            return name

    model.get_vocab_base_pre = named
    sys.argv = ["convert_hf_to_gguf.py", directory, *options]
    converter.main()


if __name__ == "__main__":
    main()
