"""The model card of a taught student: what it was made from, how it was taught, and what it is not for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml

from tidelab.engines.directory import is_local
from tidelab.students.known import known, named
from tidelab.students.messages import system_prompt
from tidelab.students.placed import Placed

NOT_PUBLISHED = ("done.json", "begun.json", "log.jsonl", "curve.parquet", "training_args.bin", "README.md")
"""Files of a run's cell that are no part of a student."""
USE = """\
This model was made for research on empathetic replies. It is no medical device and replaces no clinical care: it can be wrong, it can
reassure falsely, and it does not know when someone is in danger. Don't put it before people without a guard that answers in a crisis,
and without asking them."""


def facts(student: Placed) -> dict[str, Any]:
    """base, revision, licence of the base, and from the run's cell, where the adapter lies in one: rows, steps, curve, seed."""
    model, revision = named(student.model)
    base = Path(model).name if is_local(model) else model
    told: dict[str, Any] = {"base": base, "revision": revision, "local": is_local(model)}
    told["licence"] = known()[model].licence if model in known() else "unknown"
    told["whole"] = student.adapter is None
    lies = Path(model) if student.adapter is None else student.adapter
    done = lies / "done.json"
    taught = json.loads(done.read_text("utf-8")) if done.exists() else {}
    told["cell"] = taught.get("cell", "")
    told["taught"] = {key: taught["notes"][key] for key in _TOLD if key in taught.get("notes", {})}
    told["curve"] = _curve(lies / "curve.parquet")
    return told


def card(facts: dict[str, Any], to: Literal["merged", "adapter", "gguf"]) -> str:
    """The whole README.md, with the hub's YAML header."""
    header: dict[str, Any] = {
        "library_name": {"adapter": "peft", "merged": "transformers", "gguf": "gguf"}[to],
        "pipeline_tag": "text-generation",
    }
    header |= {"tags": ["tidelab", "empathy"]}
    if not facts["local"]:
        header["base_model"] = facts["base"]
        header["base_model_relation"] = "adapter" if to == "adapter" else "finetune"
    header["license"] = facts["licence"] if facts["licence"] != "unknown" else "other"
    parts = [
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---",
        f"# {facts['base']}, taught to reply with empathy",
        _what(facts, to),
        f"Revision of the base: `{facts['revision'] or 'a local directory'}`. Its licence, which binds this model too: {facts['licence']}.",
        "## Use\n\n" + USE,
        f"It was taught, and is to be asked, with this system prompt:\n\n> {system_prompt()}",
        "## Teaching",
        "\n".join(f"- {_TOLD[key]}: {value:,}" for key, value in facts["taught"].items()) or "The run that taught it is not beside it.",
    ]
    if facts["curve"]:
        lines = [f"| {row['epoch']:g} | {row['train_loss']:.3f} | {row['eval_loss']:.3f} |" for row in facts["curve"]]
        parts.append("\n".join(["| epoch | training loss | validation loss |", "| --- | --- | --- |", *lines]))
        parts.append("Losses in nats per token of the reply.")
    if "compared" in facts:
        told = facts["compared"]
        parts.append(
            f"Held against the adapter on {told['prompts']} prompts ({told['tokens']:,} tokens): log-probabilities differ by at most "
            f"{told['difference']:.1g} nats, and the likeliest next token is the same after {told['agreement']:.2%} of the tokens."
        )
    if to == "gguf":
        parts.append(_gguf(facts))
    return "\n\n".join(parts) + "\n"


def _gguf(facts: dict[str, Any]) -> str:
    if facts["held"] is None:
        return f"Written as GGUF of type {facts['gguf']} by llama.cpp's converter, and not compared: nothing there could read it."
    engine, alike = facts["held"].engine, facts["held"].agreement
    return (
        f"Written as GGUF of type {facts['gguf']} by llama.cpp's converter. On {alike.prompts} prompts ({engine}) it chose "
        f"the student's own token at {alike.same_token:.2%} of {alike.tokens:,} tokens; {alike.same_text:.0%} of the replies are the same."
    )


def _what(facts: dict[str, Any], to: str) -> str:
    if facts["whole"]:
        return f"`{facts['cell'] or facts['base']}` of a tidelab run: every weight was taught."
    if to == "adapter":
        return f"A LoRA adapter for `{facts['base']}`."
    return f"`{facts['base']}` with a LoRA adapter merged into its weights{', in fp32' if to == 'merged' else ''}."


def name_the_base(out: Path, model: str) -> None:
    """Writes the hub id into a copied adapter, where what was loaded is one: a path of this machine helps nobody elsewhere."""
    path = out / "adapter_config.json"
    settings = json.loads(path.read_text("utf-8"))
    name, revision = named(model)
    settings["base_model_name_or_path"] = Path(name).name if is_local(name) else name
    settings["revision"] = revision or None
    path.write_text(json.dumps(settings, indent=2, sort_keys=True), "utf-8")


_TOLD = {
    "rows": "conversations",
    "rows_too_long": "conversations left out because they were too long",
    "labels": "tokens learnt",
    "steps": "steps",
    "parameters_taught": "parameters taught",
    "seed": "seed",
}


def _curve(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    import polars as pl

    return pl.read_parquet(path).to_dicts()
