"""Freed memory stays in the process, so that the next step finds it."""

import subprocess
import sys

import pytest

CODE = """
import resource
from tidelab.engines.allocator import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
import torch
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
costly = 0
for _ in range(24):
    before = faults()
    torch.ones(32 * 2**20).sum()
    costly += faults() - before > 1000
print(costly)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs glibc")
def test_a_large_tensor_made_again_fetches_no_pages_anew() -> None:
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", CODE.format(keep=keep)], capture_output=True, text=True, check=True).stdout)
        for keep in (True, False)
    )
    assert kept <= 12 < given_back == 24, "the heap settles after a few rounds"
