"""Data sets of the Hugging Face hub: fetched at run time into the hub's own cache, and what their card says of licence and access."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tidelab.corpus.licences import named
from tidelab.errors import TidelabError

PREFIX = "hf:"
_NAME = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
# What is known of data sets whose card may be missing from a copy.
_KNOWN = {"yenopoya/tide": ("CC-BY-NC-4.0", True)}


@dataclass(frozen=True)
class Terms:
    """Under what a data set may be used."""

    licence: str = ""
    """SPDX id or words; empty where nothing is said."""
    gated: bool = False
    """Whether access is granted one by one."""
    unread: str = ""
    """Why the card's header could not be read, where there is one."""


def fetch(source: str) -> Path:
    """The directory of `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION`, downloaded if the cache lacks it. Access goes by HF_TOKEN.

    TidelabError if the name is none, access is not granted, or neither hub nor cache has it whole.
    """
    asked = _NAME.fullmatch(source.removeprefix(PREFIX))
    if asked is None:
        raise TidelabError(f"`{source}` names no data set of the hub", where="corpus.source", mend="write it as hf:OWNER/NAME")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name = asked["name"]
    try:
        return Path(snapshot_download(name, repo_type="dataset", revision=asked["revision"]))
    except GatedRepoError as error:
        raise TidelabError(
            f"access to the data set {name} is granted one by one, and not to you yet",
            where="corpus.source",
            mend=f"ask for it at https://huggingface.co/datasets/{name}, then set HF_TOKEN to a token of that account",
        ) from error
    except RevisionNotFoundError as error:
        raise TidelabError(
            f"{name} has no revision `{asked['revision']}`", where="corpus.source", mend="name a branch or commit"
        ) from error
    except RepositoryNotFoundError as error:
        mend = "check the name; if the data set is private, set HF_TOKEN to a token that may read it"
        raise TidelabError(f"the hub shows no data set {name}", where="corpus.source", mend=mend) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        mend = "check the network and HF_HUB_OFFLINE, and run the same command again; what was fetched is kept"
        raise TidelabError(f"{name} could not be fetched whole: {why}", where="corpus.source", mend=mend) from error


def terms(root: Path, source: str) -> Terms:
    """What the card `README.md` in a directory says in its YAML header, and what is known of the data set itself."""
    name = source.removeprefix(PREFIX).partition("@")[0].casefold() if source.startswith(PREFIX) else ""
    licence, gated = _KNOWN.get(name, ("", False))
    header, unread = _header(root / "README.md")
    said = header.get("license", header.get("licence", ""))
    said = said[0] if isinstance(said, list) and said else said
    if isinstance(said, str) and said.strip() and not licence:
        detail = header.get("license_name")
        licence = str(detail).strip() if said.strip() == "other" and detail else named(said.strip())
    return Terms(licence, gated or any(str(key).startswith("extra_gated") for key in header) or header.get("gated") is True, unread)


def _header(card: Path) -> tuple[dict[str, Any], str]:
    """The card's YAML header, and why it can't be read where there is one that can't."""
    try:
        text = card.read_text("utf-8", errors="replace")
    except OSError:
        return {}, ""
    found = re.match(r"\ufeff?---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    try:
        header = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return (
            {},
            f"the card {card.name} has a header that is no YAML{f' (line {mark.line + 1})' if mark else ''}: no licence was read from it",
        )
    return (
        (header, "") if isinstance(header, dict) else ({}, f"the card {card.name} has a header without names: no licence was read from it")
    )
