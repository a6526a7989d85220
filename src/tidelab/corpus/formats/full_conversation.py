"""Sessions of many turns: `N_conversation.json` with `full_conversation`, and `N_metadata.json`, N naming the persona.

The form of the TIDE authors' sister data set. Each turn of the client and the therapist's turn after it make one conversation.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidelab.corpus.formats import Import, tide
from tidelab.corpus.formats.collect import Collector
from tidelab.corpus.formats.fields import readable

_NAMED = re.compile(r"(?P<persona>[^.].*?)_(?P<what>conversation|metadata)(?P<part>.*)\.json", re.DOTALL)
_TURN = re.compile(
    r"\s*(?:(?P<person>client|patient|person|user)|(?P<chatbot>therapist|counsell?or|chatbot|assistant))\s*:(?P<said>.*)", re.I | re.DOTALL
)


def holds(root: Path) -> bool:
    """Whether a directory holds such sessions and no conversations in TIDE form. Files that can't be read are `read`'s to tell of."""
    found = _files(root, "conversation")
    try:
        return bool(found) and all(b'"full_conversation"' in path.read_bytes() for path, _ in found)
    except OSError:
        return False


def read(root: Path) -> Import:
    """Read file by file; a bad file or turn goes to quarantine. TidelabError if nothing is usable."""
    collector = Collector()
    into(collector, root)
    return collector.result(str(root))


def into(collector: Collector, root: Path) -> None:
    """Puts what a directory of sessions holds into a collector."""
    metadata = {named["persona"]: path for path, named in _files(root, "metadata")}
    for path, named in _files(root, "conversation"):
        name = readable(path.name)
        who, rest = tide.described(collector, readable(named["persona"]), metadata.get(named["persona"]), name)
        content = tide.document(collector, path, who.persona_id)
        if content is None:
            continue
        turns = content.get("full_conversation")
        if not isinstance(turns, list) or not turns:
            collector.refuse("`full_conversation` is not a list of turns", name, content, persona_id=who.persona_id)
            continue
        if beside := sorted(content.keys() - {"full_conversation"}):
            collector.warn(f"what stands beside `full_conversation` is not read: `{'`, `'.join(map(readable, beside))}`", name)
        part = readable(named["part"].strip("_- "))
        prefix = f"{who.persona_id}/{part}" if part else who.persona_id
        for row, person, chatbot in _pairs(collector, turns, name, who.persona_id):
            place = {"file": name, "row": row, **({"metadata": rest} if rest else {})}
            said = {"conversation_id": f"{prefix}/{row:03d}", "person": person, "chatbot": chatbot}
            collector.add(said, f"{name}:turn {row}", place, name=prefix, who=who)


def _pairs(collector: Collector, turns: list[Any], name: str, persona_id: str) -> Iterator[tuple[int, str, str]]:
    """(place of the client's turn, what the client says, what the therapist answers); turns in a row of one speaker are one."""
    spoken: list[tuple[int, str, str]] = []
    for row, turn in enumerate(turns, 1):
        match = _TURN.fullmatch(turn) if isinstance(turn, str) else None
        if match:
            spoken.append((row, "person" if match["person"] else "chatbot", match["said"].strip()))
        else:
            reason = "is no turn: it needs the form `Client: ...` or `Therapist: ...`"
            collector.refuse(reason, f"{name}:turn {row}", turn, f"{persona_id}/{row:03d}", persona_id)
    groups = [list(group) for _, group in itertools.groupby(spoken, key=lambda turn: turn[1])]
    joined = [(group[0][0], group[0][1], "\n".join(text for _, _, text in group)) for group in groups]
    if joined and joined[0][1] == "chatbot":
        collector.warn("a session's opening turn is the therapist's; it answers nobody and is not used", f"{name}:turn {joined[0][0]}")
    if joined and joined[-1][1] == "person":
        collector.warn("a session's last turn is the client's; it has no answer and is not used", f"{name}:turn {joined[-1][0]}")
    for (row, speaker, said), (_, _, answer) in itertools.pairwise(joined):
        if speaker == "person":
            yield row, said, answer


def _files(root: Path, what: str) -> list[tuple[Path, re.Match[str]]]:
    """Files of that kind in the directory, or in the folder of that kind within it, as TIDE has them; by name."""
    folders = (root, root / {"conversation": "conversations", "metadata": "metadata"}[what])
    return [
        (path, named)
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if (named := _NAMED.fullmatch(path.name)) and named["what"] == what and path.is_file()
    ]
