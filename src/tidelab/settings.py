"""Reads an Experiment: defaults, then a preset or YAML file, then TIDELAB_* of the environment, then --set; each value's origin is kept."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from tidelab.errors import TidelabError
from tidelab.experiment import Experiment

Place = tuple[str | int, ...]
# Read by the tests alone; by `tide review` and `tide study`; by engines.
NOT_SETTINGS = {
    *("TIDELAB_SHARED", "TIDELAB_DATABASE", "TIDELAB_COMPATIBLE_API_KEY"),
    *("TIDELAB_LLAMA_CPP", "TIDELAB_LLAMA_SERVER", "TIDELAB_VLLM"),
}


@dataclass(frozen=True)
class Resolved:
    """An experiment and, for each leaf setting (`training.epochs`), where its value came from."""

    experiment: Experiment
    origins: dict[str, str]

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """(setting, value, origin) for every leaf, in the order of the document."""
        for place, value in _leaves(self.experiment.model_dump(), ()):
            enclosing = place[:-1] if place[-1] == "model" else place  # a bare string stands for its model
            yield _dotted(place), value, self.origins.get(_dotted(place)) or self.origins.get(_dotted(enclosing), "default")


def presets() -> dict[str, Path]:
    """Name and file of each preset that ships with tidelab."""
    folder = Path(str(resources.files("tidelab") / "presets"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def resolve(which: str, sets: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Resolved:
    """The experiment that a preset's name or a YAML file describes, with overrides. Raises TidelabError naming file and line."""
    path = presets().get(which) or Path(which)
    document, origins = _read_preset(path)
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith("TIDELAB_") and name not in NOT_SETTINGS:
            place = tuple(part.lower() for part in name.removeprefix("TIDELAB_").split("__"))
            _override(document, origins, place, text, f"environment {name}")
    for assignment in sets:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise TidelabError(f"{assignment!r} is no assignment", where="--set", mend="write --set section.key=value")
        _override(document, origins, tuple(key.strip().split(".")), text, "--set")
    try:
        return Resolved(Experiment.model_validate(document), origins)
    except ValidationError as error:
        raise explained(error, origins, str(path), Experiment) from None


def dump(experiment: Experiment) -> str:
    """The experiment as YAML, every value written out: what a run directory keeps."""
    return yaml.safe_dump(experiment.model_dump(), sort_keys=False, allow_unicode=True)


def _read_preset(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    if not path.is_file():
        near = difflib.get_close_matches(str(path), presets(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise TidelabError(
            f"no preset and no file is called {str(path)!r}",
            where=str(path),
            mend=f"{hint}presets: {', '.join(presets())}; or give a YAML file",
        )
    return read(path, "start with `name: ...` and `students: ...`")


def read(path: Path, start: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A YAML mapping, and for each place in it (`students.0.model`) its file:line. `start` says how such a file begins."""
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text) if node else {}
    except UnicodeDecodeError as error:
        raise TidelabError(f"is not UTF-8 text ({error.reason})", where=str(path), mend="save the file as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise TidelabError(
            f"is not readable YAML: {problem}", where=f"{path}{line}", mend="mend the YAML at that line (indentation, colon, quotes)"
        ) from None
    if not isinstance(document, dict):
        raise TidelabError("is not a mapping of settings", where=f"{path}:1", mend=start)
    origins: dict[str, str] = {}
    if node:
        for place, line_number in _lines(node, (), str(path)):
            origins[_dotted(place)] = f"{path}:{line_number}"
    return document, origins


def _lines(node: yaml.Node, place: Place, file: str) -> Iterator[tuple[Place, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise TidelabError(f"`{key.value}` stands twice", where=f"{file}:{line}", mend="keep one of the two")
            seen.add(key.value)
            yield (*place, key.value), line
            yield from _lines(value, (*place, key.value), file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*place, index), value.start_mark.line + 1
            yield from _lines(value, (*place, index), file)


def _override(document: dict[str, Any], origins: dict[str, str], place: Place, text: str, origin: str) -> None:
    """Writes one value; parents are made where missing, so that the validator and not this function judges the path."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    at: Any = document
    for depth, part in enumerate(place):
        last = depth == len(place) - 1
        if isinstance(at, list):
            if not re.fullmatch(r"\d+", str(part)) or int(part) >= len(at):
                raise TidelabError(
                    f"{_dotted(place[:depth])} has {len(at)} entries; {part!r} is none of them",
                    where=origin,
                    mend=f"use 0 to {len(at) - 1}",
                )
            index = int(part)
            if not last and isinstance(at[index], str):
                at[index] = {"model": at[index]}  # the only list of sections is `students`
            if last:
                at[index] = value
            else:
                at = at[index]
        else:
            if last:
                at[part] = value
            else:
                if not isinstance(at.get(part), dict | list):
                    at[part] = {}
                    origins[_dotted(place[: depth + 1])] = origin
                at = at[part]
    prefix = _dotted(place)
    for known in [k for k in origins if k.startswith(prefix + ".")]:
        del origins[known]
    for inner in _places(value, place):
        origins[_dotted(inner)] = origin


def explained(error: ValidationError, origins: dict[str, str], file: str, model: type[BaseModel]) -> TidelabError:
    """All faults of a document as one error: place, what, mend, with a suggestion for a misspelt key."""
    whats, mends, wheres = [], [], []
    for fault in error.errors():
        place: Place = tuple(fault["loc"])
        key = _dotted(place)
        wheres.append(_nearest(place, origins) or file)
        if fault["type"] == "extra_forbidden":
            known = _fields_at(place[:-1], model)
            near = difflib.get_close_matches(str(place[-1]), known, n=1)
            whats.append(f"`{key}` is no setting")
            mends.append(f"did you mean `{near[0]}`?" if near else f"settings here: {', '.join(known)}")
        elif fault["type"] == "missing":
            whats.append(f"`{key}` is missing")
            mends.append(f"add `{key}: ...`")
        else:
            given = "" if isinstance(fault["input"], dict | BaseModel) else f", given {fault['input']!r}"
            whats.append(
                f"`{key}`: {fault['msg'].removeprefix('Value error, ')}{given}" if key else fault["msg"].removeprefix("Value error, ")
            )
            mends.append(f"give `{key}` such a value" if key else "mend it there")
    more = "".join(f"\n{w}: {m}\n  mend: {d}" for w, m, d in list(zip(wheres, whats, mends, strict=True))[1:])
    return TidelabError(whats[0], where=wheres[0], mend=mends[0] + more)


def _fields_at(place: Place, of: type[BaseModel]) -> list[str]:
    model: Any = of
    for part in place:
        if isinstance(part, int):
            continue
        inner = model.model_fields[part].annotation
        inner = getattr(inner, "__args__", (inner,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _places(value: Any, place: Place) -> Iterator[Place]:
    """A place and all places inside its value."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*place, key))


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list) and any(isinstance(v, dict) for v in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*place, index))
    else:
        yield place, value


def _nearest(place: Place, origins: dict[str, str]) -> str | None:
    """The origin of a place or of what encloses it: where a fault at that place can be mended."""
    return next((origins[d] for depth in range(len(place), 0, -1) if (d := _dotted(place[:depth])) in origins), None)


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)
