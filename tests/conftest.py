"""What all tests share: no hub, no progress bars, and skips that can't hide in CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

MAY_BE_ABSENT_IN_CI = ("GPU", "shared data")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure, unless it waits for hardware or files that CI can't have."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    reasons = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
    hidden = [reason for reason in reasons if not any(allowed in reason for allowed in MAY_BE_ABSENT_IN_CI)]
    if hidden:
        reporter.write_line("CI must not skip: " + "; ".join(sorted(set(hidden))))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own model directory: a real architecture with random weights, tokenizer and chat template."""
    from tests.students import models

    return models.save(tmp_path_factory.mktemp("models") / "tiny-qwen2", "qwen2", max_position_embeddings=4096)
