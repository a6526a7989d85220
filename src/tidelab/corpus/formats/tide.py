"""TIDE's own form: `conversations/N_conversation*.json` and `metadata/N_metadata.json`, N naming the persona."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

from tidelab.corpus.formats import Import, nested
from tidelab.corpus.formats.collect import Collector
from tidelab.corpus.formats.fields import fault, readable
from tidelab.errors import TidelabError
from tidelab.records import Persona

_CONVERSATIONS = re.compile(r"(?P<persona>[^.].*?)_conversation(?P<part>.*)\.json", re.DOTALL)
_METADATA = re.compile(r"(?P<persona>[^.].*)_metadata\.json", re.DOTALL)


class _Repeated(dict[str, Any]):
    """A JSON object that names a key more than once; `json` alone would keep the last and say nothing."""

    def __init__(self, first: dict[str, Any], later: list[tuple[str, Any]]) -> None:
        super().__init__(first)
        self.later = later


def files(root: Path) -> list[Path]:
    """The files that `read` reads, sorted by folder and name. TidelabError if there are none."""
    try:
        found = [
            path
            for folder, pattern in (("conversations", _CONVERSATIONS), ("metadata", _METADATA))
            for path in sorted((root / folder).iterdir() if (root / folder).is_dir() else [])
            if pattern.fullmatch(path.name) and path.is_file()
        ]
    except OSError as error:
        raise TidelabError(f"can't be read: {error.strerror}", where=str(root), mend="give a directory that you may read") from error
    if not any(path.parent.name == "conversations" for path in found):
        raise TidelabError(
            "holds no TIDE conversations",
            where=str(root),
            mend="give a directory with conversations/N_conversation.json and metadata/N_metadata.json, or a single file",
        )
    return found


def read(root: Path) -> Import:
    """Read file by file; a bad file or entry goes to quarantine. TidelabError if nothing is usable."""
    collector = Collector()
    into(collector, root)
    return collector.result(str(root))


def into(collector: Collector, root: Path) -> None:
    """Read a directory into a collector."""
    found = files(root)
    metadata = {m["persona"]: p for p in found if p.parent.name == "metadata" and (m := _METADATA.fullmatch(p.name))}
    told: dict[str, tuple[Persona, dict[str, Any]]] = {}
    for path in found:
        if path.parent.name != "conversations" or not (named := _CONVERSATIONS.fullmatch(path.name)):
            continue
        n, part = named["persona"], named["part"].strip("_- ")
        if n not in told:
            told[n] = described(collector, readable(n), metadata.get(n), _where(path))
        _file(collector, path, readable(f"{n}/{part}" if part else n), *told[n])
    for path in sorted((root / "conversations").glob("*.json")):
        if path not in found and not path.name.startswith("."):
            collector.warn("a file is not named N_conversation.json and is not read", _where(path))
    for n in sorted(metadata.keys() - told.keys()):
        collector.warn("metadata without conversations is not used", _where(metadata[n]))


def _file(collector: Collector, path: Path, prefix: str, who: Persona, rest: dict[str, Any]) -> None:
    content, where = document(collector, path, who.persona_id), _where(path)
    if content is None:
        return
    entries = content.get("conversations")
    if not isinstance(entries, dict) or not entries:
        if "full_conversation" in content:
            reason = "holds `full_conversation`, a session of many turns; TIDE form needs `conversations` of two turns each"
        else:
            reason = 'is not of the form {"conversations": {key: {"person": ..., "chatbot": ...}}}'
        collector.refuse(reason, where, content, persona_id=who.persona_id)
        return
    later = entries.later if isinstance(entries, _Repeated) else []
    for key, entry in [*entries.items(), *later]:
        place = {"file": where, "key": key, **({"metadata": rest} if rest else {})}
        at, conversation_id = readable(f"{where}:{key}"), f"{prefix}/{key}"
        if isinstance(entry, dict):
            collector.add(entry, at, place, name=conversation_id, who=who)
        else:
            collector.refuse("is not an object with `person` and `chatbot`", at, entry, conversation_id, who.persona_id)


def described(collector: Collector, n: str, path: Path | None, asked_by: str) -> tuple[Persona, dict[str, Any]]:
    """The persona that a metadata file tells of, and what it says beyond a persona's fields."""
    content = document(collector, path, n) if path else None
    if path and content and (reason := fault(content)):
        collector.refuse(reason, _where(path), content, persona_id=n)
        content = None
    if path is None or content is None:
        collector.warn("no usable metadata: nothing but the name is known of the persona", asked_by)
        return Persona(persona_id=n), {}
    who, rest, unread = nested.read(n, content)
    collector.unread(unread, _where(path))
    return who, rest


def document(collector: Collector, path: Path, persona_id: str) -> dict[str, Any] | None:
    """The object in a file; None if there is none, and then the file is in quarantine."""
    where, raw = _where(path), b""
    try:
        raw = path.read_bytes()
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object)
        reason = "" if isinstance(content, dict) else "is not a JSON object"
    except OSError as error:
        reason = f"can't be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        where = f"{where}:{line}"
        reason = "is not valid UTF-8: save the file as UTF-8"
    except json.JSONDecodeError as error:
        where += f":{error.lineno}"
        cut = "; the file ends early, it may be half-written" if not raw.rstrip().endswith((b"}", b"]")) else ""
        reason = f"is not valid JSON: {error.msg} at column {error.colno}{cut}" if raw.strip() else "is empty"
    except (ValueError, RecursionError):
        reason = "is not valid JSON: a number too long, or nesting too deep"
    if reason:
        collector.refuse(reason, where, raw.decode("utf-8", "replace"), persona_id=persona_id)
        return None
    return cast("dict[str, Any]", content)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    first: dict[str, Any] = {}
    later = [(key, value) for key, value in pairs if first.setdefault(key, value) is not value]
    return _Repeated(first, later) if later else first


def _where(path: Path) -> str:
    return readable(f"{path.parent.name}/{path.name}")
