"""Hushes the libraries below: no bars and banners of theirs between ours, no telemetry from a study about people in distress."""

from __future__ import annotations

import logging as standard_logging
import os
import warnings


def quiet() -> None:
    """Safe to call often; works before and after the libraries were imported."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import huggingface_hub.constants
    from huggingface_hub.utils.tqdm import disable_progress_bars
    from transformers.utils import logging

    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    disable_progress_bars()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # bitsandbytes asks for a package that nobody needs; the hub's client tells of each try before it gives up, which is told anyhow.
    for name in ("bitsandbytes", "huggingface_hub"):
        standard_logging.getLogger(name).setLevel(standard_logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(trl|peft|transformers|torch|accelerate)(\..*)?")
