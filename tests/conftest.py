"""What all tests share: no hub, no progress bars, and skips that can't hide in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
MAY_BE_ABSENT_IN_CI = ("GPU", "shared data", "llama.cpp's server")


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


@pytest.fixture(scope="module")  # not longer: while it runs, no other test can start an event loop
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        if os.environ.get("CI"):
            pytest.fail("needs Chromium")
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def llama_cpp() -> Path:
    """llama.cpp's source, whose converter writes GGUF files."""
    source = Path(os.environ.get("TIDELAB_LLAMA_CPP", "nowhere"))
    if not (source / "convert_hf_to_gguf.py").exists() or find_spec("sentencepiece") is None:
        pytest.skip("needs llama.cpp's source (TIDELAB_LLAMA_CPP) and the extra gguf")
    return source


@pytest.fixture
def keys_and_no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are asked on the loopback with a key of its own, and waits are as short as can be."""
    from tidelab.engines import remote
    from tidelab.engines.provider import KEYS

    for name in KEYS.values():
        monkeypatch.setenv(name, "right-key")
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(remote, "LONGEST_WAIT", 0.05)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Starts a fake provider and points the SDKs to it."""
    from tests.engines.asking import addresses
    from tests.engines.fake_provider import FakeProvider

    running = []

    def start(**options: Any) -> FakeProvider:
        server = FakeProvider(**options).__enter__()
        running.append(server)
        for variable, url in addresses(server).items():
            monkeypatch.setenv(variable, url)
        return server

    yield start
    for server in running:
        server.__exit__()
