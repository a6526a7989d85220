"""How the study stands: sessions, balance, speed, attention, where people stopped, adverse events. No single answer."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tidelab.study import store
from tidelab.study.quality import judge
from tidelab.study.tables import adverse, audit, participants
from tidelab.study.way import here
from tidelab.web.database import Database, now

LISTED = 50
"""Lines of the audit log."""


def status(database: Database) -> dict[str, Any]:
    """As JSON values: condition, target, completed, sessions, balance, quality, stopped, adverse, audit, simulated."""
    with database.read() as connection:
        newest = store.version(connection)
        rows = connection.execute(sa.select(participants).order_by(participants.c.id)).all()
        known = {v: store.version(connection, v) for v in {r.version_id for r in rows}}
        live = now() - timedelta(minutes=newest.design.reservation_minutes)
        judged = judge(connection, known)
        events = connection.execute(sa.select(adverse).order_by(adverse.c.id.desc())).all()  # all: an ethics board may ask for each
        notes = connection.execute(sa.select(audit).order_by(audit.c.id.desc()).limit(LISTED)).all()
        clock = store.get(connection, "clock_doubt").split()
        condition, target = store.get(connection, "condition", "open"), int(store.get(connection, "target") or newest.design.target)
    active = [r for r in rows if r.status == "active" and r.seen > live]
    left = [r for r in rows if r.status == "active" and r.seen <= live]
    done = [r for r in rows if r.status == "completed"]
    sessions = Counter(r.status for r in rows if r.status != "active") | Counter(active=len(active), left=len(left))
    flags = Counter(flag for name in (r.name for r in done) for flag in judged[name].flags)
    minutes = sorted((r.completed - r.started).total_seconds() / 60 for r in done)
    quality: dict[str, Any] = {"median minutes of a completed session": round(minutes[len(minutes) // 2], 1) if minutes else "none yet"}
    return {
        "condition": condition,
        "clock": dict(zip(("last", "now"), clock, strict=False)),  # filled where the clock has leapt and nobody is deleted for it
        "target": target,
        "completed": len([r for r in done if r.kind != "preview" and r.pages != []]),
        "simulated": sum(r.kind == "simulated" for r in rows),
        "sessions": dict(sorted(sessions.items())),
        "languages": dict(Counter(r.language for r in rows if r.status != "invited").most_common()),
        "balance": _balance(newest, [r for r in done if r.version_id == newest.id], [r for r in active if r.version_id == newest.id]),
        "quality": quality | {f"flagged: {flag}": n for flag, n in sorted(flags.items())},
        "stopped": dict(Counter(here(known[r.version_id], r) for r in left).most_common()),
        "adverse": [{"id": e.id, "at": f"{e.at:%Y-%m-%d %H:%M}", "step": e.step, "what": e.what, "done": e.done} for e in events],
        "audit": [{"at": f"{a.at:%Y-%m-%d %H:%M}", "what": a.what, "subject": a.subject} for a in notes],
    }


def _balance(version: store.Version, done: list[Any], active: list[Any]) -> dict[str, Any]:
    """Completed and live sessions by system, by arm of item and system, and by how many two arms differ."""
    completed: Counter[tuple[str, str]] = Counter()
    reserved: Counter[tuple[str, str]] = Counter()
    for rows, count in ((done, completed), (active, reserved)):
        for row in rows:
            count.update((s["conversation_id"], s["system_id"]) for s in row.pages or [])
    by_system = {s: [0, 0] for s in version.design.systems}
    sessions = Counter(s for row in done for s in {page["system_id"] for page in row.pages or []})
    for place, count in enumerate((completed, reserved)):
        for (_, system), n in count.items():
            by_system[system][place] += n
    values = [completed[arm] for arm in version.stimuli]
    return {
        "systems": [(s, *n) for s, n in by_system.items()],
        "sessions": {s: sessions[s] for s in by_system},
        "arms": [{"conversation_id": c, "system_id": s, "completed": completed[c, s], "live": reserved[c, s]} for c, s in version.stimuli],
        "spread": max(values) - min(values) if values else 0,
    }
