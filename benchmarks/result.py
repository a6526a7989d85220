"""What every benchmark's JSON says: the day, the machine, then its figures; printed, and kept where --out names a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidelab.run import machine


def tell(figures: dict[str, Any], out: Path | None) -> None:
    """Prints the result as JSON and writes it to `out`, if given."""
    text = json.dumps({"date": datetime.now(UTC).date().isoformat(), "machine": machine.facts(), **figures}, indent=2)
    print(text)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", "utf-8")
