"""Out of memory: how it shows on an accelerator and on a CPU, and how to get on."""

from __future__ import annotations

import gc


def out_of_memory(error: BaseException) -> bool:
    """Whether torch raised this because memory ran out."""
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)  # the CPU's allocator has no error of its own


def free() -> None:
    """Gives back what is no longer held, so that a smaller try has room."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
