"""gguf: a model directory as one GGUF file, written by llama.cpp's own converter and quantizer, which tidelab does not carry.

Converter: `convert_hf_to_gguf.py` of llama.cpp's source, which travels in the source package of llama-cpp-python too. Quantizer (for
q4_k_m alone): `llama-quantize` beside the server's program, or the library of llama-cpp-python in its environment.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Literal

from tidelab.errors import TidelabError

SOURCE, SERVER = "TIDELAB_LLAMA_CPP", "TIDELAB_LLAMA_SERVER"
Type = Literal["f16", "q8_0", "q4_k_m"]
CONVERTER = "convert_hf_to_gguf.py"
BINDINGS = """\
import sys, llama_cpp
of = llama_cpp.llama_model_quantize_default_params()
of.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M
sys.exit(llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), of))
"""
FETCH = (
    "pip download llama-cpp-python --no-deps --no-binary llama-cpp-python and unpack it; "
    f"then {SOURCE}=llama_cpp_python-VERSION/vendor/llama.cpp, or an own checkout of llama.cpp"
)


def check_converter(kind: Type = "f16") -> None:
    """Raises TidelabError where a file of this type can't be written here."""
    _converter()
    if kind == "q4_k_m":
        _quantizer()


def convert(directory: Path, out: Path, kind: Type) -> None:
    """Writes the model of a directory in hub form as `out`. Raises TidelabError where a program is missing or fails."""
    source = _converter()
    first = out if kind != "q4_k_m" else out.with_suffix(".f16.part")
    command = [sys.executable, "-m", "tidelab.engines.llama_convert", str(source), str(directory), "--outfile", str(first)]
    _run([*command, "--outtype", "f16" if kind == "q4_k_m" else kind], "the converter", directory)
    if kind == "q4_k_m":
        _run([*_quantizer(), str(first), str(out), *(() if _bindings() else ("Q4_K_M",))], "the quantizer", directory)
        first.unlink()


def server() -> list[str]:
    """The words of the command that starts llama.cpp's server. Raises TidelabError where none is named."""
    words = shlex.split(os.environ.get(SERVER, ""))
    if not words:
        mend = f"set {SERVER} to llama-server, or to `ENV/bin/python -m llama_cpp.server` of an environment with llama-cpp-python[server]"
        raise TidelabError("no server of llama.cpp is named", where=SERVER, mend=mend)
    return words


def _converter() -> Path:
    named = os.environ.get(SOURCE, "").strip()
    if not named or not (Path(named) / CONVERTER).is_file():
        what = f"there is no {CONVERTER}" if named else "llama.cpp's converter is not named"
        raise TidelabError(what, where=f"{SOURCE}={named}" if named else SOURCE, mend=FETCH)
    return Path(named)


def _bindings() -> bool:
    """Whether the server is the one of llama-cpp-python, whose library quantizes too."""
    return Path(server()[0]).name.startswith("python")


def _quantizer() -> list[str]:
    program = server()[0]
    if _bindings():
        return [program, "-c", BINDINGS]
    beside = Path(program).with_name("llama-quantize")
    if not beside.is_file():
        raise TidelabError("llama-quantize is not beside the server", where=f"{SERVER}={program}", mend="build it there, or take q8_0")
    return [str(beside)]


def _run(command: list[str], what: str, directory: Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        told = [line for line in (ended.stderr or ended.stdout).splitlines() if line.strip()]
        mend = "look whether llama.cpp knows this architecture (a newer source may), and `pip install 'tidelab[gguf]'` for its tokenizers"
        raise TidelabError(f"{what} failed: {told[-1] if told else ended.returncode}", where=str(directory), mend=mend)
