"""Teachers' tests ask a server on the loopback with a key of its own, and wait as little as can be."""

import pytest

from tidelab.engines import remote
from tidelab.engines.provider import KEYS


@pytest.fixture(autouse=True)
def keys_and_no_waits(monkeypatch):
    for name in KEYS.values():
        monkeypatch.setenv(name, "right-key")
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(remote, "LONGEST_WAIT", 0.05)
