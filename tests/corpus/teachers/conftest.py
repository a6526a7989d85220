"""Teachers' tests ask a server on the loopback with a key of its own, and wait as little as can be."""

import pytest


@pytest.fixture(autouse=True)
def asked_here(keys_and_no_waits):
    """For every test of the folder."""
