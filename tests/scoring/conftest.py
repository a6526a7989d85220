import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tidelab.scoring.metric import Value, metric
from tidelab.scoring.shared import Batch, Shared

settings.register_profile("unhurried", deadline=None)  # a first example loads torch, and the machine may be busy
settings.load_profile("unhurried")
Scored = dict[str, list[Value]]


@pytest.fixture(scope="session")
def english() -> list[tuple[str, str]]:
    """52 pairs (reference, reply) of real English."""
    rows = json.loads(Path(__file__).with_name("meteor_goldens.json").read_text("utf-8"))
    return [(row["reference"], row["reply"]) for row in rows]


@pytest.fixture(scope="session")
def score() -> Callable[[str, list[tuple[str, str]]], Scored]:
    """Scores pairs (reference, reply) with a metric by name."""

    def run(name: str, pairs: list[tuple[str, str]]) -> Scored:
        batch = Batch(["" for _ in pairs], [a for a, _ in pairs], [b for _, b in pairs], Shared("all-MiniLM-L6-v2"))
        return {part: list(values) for part, values in metric(name).score(batch).items()}

    return run


@pytest.fixture(scope="session")
def odd() -> list[str]:
    """Texts that break naive code: other scripts, emoji, NUL, marks only, one word, more words than an encoder reads."""
    return ["ok", "❤️😀", "שלום עולם, אני כאן", "हिन्दी में लिखा", "a\x00b \x00", "...!?", "word " * 5000, "[SEP] I", "line\none\ttwo\r\n"]


@pytest.fixture
def tide(monkeypatch: pytest.MonkeyPatch, keys_and_no_waits: None) -> Callable[..., tuple[int, Any]]:
    """`tide score` before judges of a server: (exit code, its JSON)."""
    from tests import study
    from tests.engines.asking import addresses
    from tests.engines.asking import name as named

    def run(server: Any, *words: object, kinds: tuple[str, ...] = ("openai",)) -> tuple[int, Any]:
        for variable, address in addresses(server).items():
            monkeypatch.setenv(variable, address)
        judges = [word for kind in kinds for word in ("--judge", named(server, kind))]
        code, said = study.tide("score", *map(str, words), *judges, "--timeout", "20", "--poll", "0.02", "--json")
        return code, json.loads(said) if said.strip() else {}

    return run


def talk(count: int, seed: int) -> list[str]:
    """Replies of three sentences each, out of a small stock, so that two seeds are two draws from one distribution."""
    stock = [
        "I hear how frightened you were.",
        "It makes sense that you feel alone.",
        "You held on through that night.",
        "What was it like to come home?",
        "Many people find that a sound is enough.",
        "Nothing about this is your fault.",
        "The dog stayed with you, and so did you.",
        "Anger can be a way of keeping watch.",
    ]
    rng = random.Random(seed)
    return [" ".join(rng.sample(stock, 3)) for _ in range(count)]
