"""`tide doctor`: what this machine has, and what each preset would still need."""

from __future__ import annotations

import json as json_module
import os
import shutil
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog="Example:  tide doctor --json")(doctor)


def doctor(json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False) -> None:
    """Say what this machine has: versions, hardware, disk, encoder, and whether each preset can run."""
    findings = examine()
    if json:
        print(json_module.dumps(findings))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("what", "found", box=None, header_style="bold")
        for what, found in findings.items():
            table.add_row(what, ", ".join(f"{k} {v}" for k, v in found.items()) if isinstance(found, dict) else str(found))
        Console(highlight=False).print(table)
    if any(str(found).startswith("needs") for found in findings["presets"].values()):
        raise typer.Exit(2)


def examine() -> dict[str, Any]:
    """Findings by name; a preset is `ready` or `needs: ...` with the mend."""
    from pathlib import Path

    from tidelab import stages
    from tidelab.engines.provider import KEYS
    from tidelab.errors import TidelabError
    from tidelab.run import machine
    from tidelab.settings import presets, resolve

    facts = machine.facts()
    ready: dict[str, str] = {}
    for name in presets():
        try:
            stages.check(resolve(name).experiment, Path("runs") / name)
            ready[name] = "ready"
        except TidelabError as error:
            ready[name] = f"needs: {error}"
    keys = {variable: "set" if os.environ.get(variable) else "not set" for variable in KEYS.values()}
    return {
        "tidelab": facts["version"] + (f" ({facts['git']})" if facts["git"] else ""),
        "python": facts["python"],
        "hardware": facts["hardware"],
        "free disk": f"{shutil.disk_usage('.').free / 1e9:.1f} GB",
        "packages": facts["packages"],
        "engines": _engines(),
        "keys": keys,
        "browser": shutil.which("chromium") or shutil.which("google-chrome") or "none (only the tests need one)",
        "presets": ready,
    }


def _engines() -> dict[str, str]:
    """What else than transformers may answer here."""
    from importlib.metadata import PackageNotFoundError, version

    from tidelab.engines import gguf, started

    try:
        found = {"openvino": version("openvino-genai")}
    except PackageNotFoundError:
        found = {"openvino": "not installed"}
    named = {"llama.cpp's converter": gguf.SOURCE, "llama.cpp's server": gguf.SERVER, "vllm": started.VLLM}
    return found | {what: "named" if os.environ.get(variable) else "not named" for what, variable in named.items()}
