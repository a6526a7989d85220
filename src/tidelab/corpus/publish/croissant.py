"""croissant.json: the data set described in JSON-LD as MLCommons' Croissant 1.0 asks, so that search engines and loaders find it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tidelab.corpus import flat
from tidelab.corpus.licences import known
from tidelab.corpus.publish.opened import Corpus

# The terms that the specification's own examples abbreviate: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
CONTEXT |= {name: f"cr:{name}" for name in ("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format")}
CONTEXT |= {name: f"cr:{name}" for name in ("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet")}
CONTEXT |= {name: f"cr:{name}" for name in ("references", "regex", "repeated", "replace", "separator", "source", "subField", "transform")}
CONTEXT |= {name: f"cr:{name}" for name in ("equivalentProperty", "samplingRate")}
_MIME = {".jsonl": "application/jsonlines", ".parquet": "application/x-parquet"}
_TYPES = {"String": "sc:Text", "Int64": "sc:Integer", "Float64": "sc:Float", "List(String)": "sc:Text"}


def metadata(corpus: Corpus, form: str, name: str, root: Path) -> dict[str, Any]:
    """The description of what stands in `root`."""
    rehearsed = any(c.source == "rehearsal" for c in corpus.conversations)
    licences = sorted({one.address if (one := known(c.licence)) else c.licence for c in corpus.conversations})
    said = "Two-turn conversations of synthetic persons living with the aftermath of trauma, and empathetic replies."
    distribution, records = _tide() if form == "tide" else _tables(form, root)
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": ("Rehearsal data, composed by a grammar, that can support no claim. " if rehearsed else "") + said,
        "license": licences[0] if len(licences) == 1 else licences,
        "version": "1.0.0",
        "keywords": ["empathy", "mental health", "trauma", *sorted({c.source for c in corpus.conversations})],
        "inLanguage": "en",
        "isLiveDataset": False,
        "distribution": distribution,
        "recordSet": records,
    }


def _tables(form: str, root: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One file object for each table, and one record set for each, since a split is a file."""
    files = sorted(p for p in root.rglob("*") if p.suffix in _MIME)
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": path.relative_to(root).as_posix(),
            "name": path.relative_to(root).as_posix(),
            "contentUrl": path.relative_to(root).as_posix(),
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": _MIME[path.suffix],
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    ]
    return objects, [_record_set(path.stem, path.relative_to(root).as_posix(), form) for path in files]


def _record_set(name: str, file: str, form: str) -> dict[str, Any]:
    types = {c: str(dtype) for c, dtype in flat.columns().items()}
    if form == "chat":
        types = {c: types[c] for c in ("conversation_id", "persona_id", "source", "licence")}
    fields = [_field(name, column, file) | {"dataType": _TYPES[dtype]} for column, dtype in types.items()]
    for field, dtype in zip(fields, types.values(), strict=True):
        field |= {"repeated": True} if dtype.startswith("List") else {}
    if form == "chat":
        fields.append(_messages(name, file))
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "key": {"@id": f"{name}/conversation_id"}, "field": fields}


def _field(record_set: str, column: str, file: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column}",
        "name": column,
        "description": flat.descriptions()[column],
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }


def _messages(record_set: str, file: str) -> dict[str, Any]:
    """The chat form's list of two objects, role and content."""
    inner = [
        {
            "@type": "cr:Field",
            "@id": f"{record_set}/messages/{key}",
            "name": key,
            "description": meaning,
            "dataType": "sc:Text",
            "source": {"fileObject": {"@id": file}, "extract": {"column": "messages"}, "transform": {"jsonPath": f"[*].{key}"}},
        }
        for key, meaning in (("role", "`user`: the person; `assistant`: the reply"), ("content", "the words"))
    ]
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/messages",
        "name": "messages",
        "description": "the two turns",
        "repeated": True,
        "subField": inner,
    }


def _tide() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """TIDE's form: a set of JSON files for the conversations, one for the metadata."""
    sets = [
        {"@type": "cr:FileSet", "@id": f"{n}-files", "name": f"{n} files", "encodingFormat": "application/json", "includes": f"{n}/*.json"}
        for n in ("conversations", "metadata")
    ]
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"conversations/{turn}",
            "name": turn,
            "description": flat.descriptions()[turn],
            "dataType": "sc:Text",
            "source": {"fileSet": {"@id": "conversations-files"}, "extract": {"jsonPath": f"$.conversations.*.{turn}"}},
        }
        for turn in ("person", "chatbot")
    ]
    return sets, [{"@type": "cr:RecordSet", "@id": "conversations", "name": "conversations", "field": fields}]
