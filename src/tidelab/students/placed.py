"""placed: what a path or hub id holds of a student: a model, or an adapter and the model beneath it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tidelab.engines.directory import is_local
from tidelab.errors import TidelabError
from tidelab.students.entries import check_student
from tidelab.students.known import pinned


class Placed(NamedTuple):
    """What to load: the model's path or hub id, and the adapter on it, if there is one."""

    model: str
    adapter: Path | None


def placed(student: str, base: str | None = None) -> Placed:
    """`base` names the model beneath an adapter, where it no longer lies where it was taught. Raises TidelabError."""
    settings = Path(student).expanduser() / "adapter_config.json"
    if not (is_local(student) and settings.exists()):
        if base is not None:
            raise TidelabError(
                "holds no adapter, so it has no base", where=student, mend="leave --base out, or give an adapter's directory"
            )
        check_student(student)
        return Placed(pinned(student), None)
    try:
        beneath = base or str(json.loads(settings.read_text("utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError):
        raise TidelabError("is no readable adapter_config.json", where=str(settings), mend="copy the adapter again, whole") from None
    if beneath.startswith(("/", ".", "~")) and not Path(beneath).expanduser().exists():
        raise TidelabError(
            f"the model beneath the adapter is not at {beneath} any more", where=str(settings), mend="say where it is with --base MODEL"
        )
    check_student(beneath)
    return Placed(pinned(beneath), Path(student).expanduser())
