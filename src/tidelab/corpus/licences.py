"""Licences of data: their names, and which let anyone publish again without asking."""

from __future__ import annotations

from typing import NamedTuple


class Licence(NamedTuple):
    """A licence by SPDX id, with its name at the Hugging Face hub."""

    spdx: str
    hub: str
    name: str
    address: str
    free: bool
    """Whether it lets anyone publish copies and use them commercially."""


_CC = "https://creativecommons.org/licenses/"
LICENCES = (
    Licence("CC0-1.0", "cc0-1.0", "Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/", True),
    Licence("CC-BY-4.0", "cc-by-4.0", "Creative Commons Attribution 4.0", f"{_CC}by/4.0/", True),
    Licence("CC-BY-SA-4.0", "cc-by-sa-4.0", "Creative Commons Attribution-ShareAlike 4.0", f"{_CC}by-sa/4.0/", True),
    Licence("CC-BY-NC-4.0", "cc-by-nc-4.0", "Creative Commons Attribution-NonCommercial 4.0", f"{_CC}by-nc/4.0/", False),
    Licence(
        "CC-BY-NC-SA-4.0", "cc-by-nc-sa-4.0", "Creative Commons Attribution-NonCommercial-ShareAlike 4.0", f"{_CC}by-nc-sa/4.0/", False
    ),
    Licence(
        "CC-BY-NC-ND-4.0", "cc-by-nc-nd-4.0", "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0", f"{_CC}by-nc-nd/4.0/", False
    ),
    Licence("CC-BY-ND-4.0", "cc-by-nd-4.0", "Creative Commons Attribution-NoDerivatives 4.0", f"{_CC}by-nd/4.0/", False),
    Licence("MIT", "mit", "MIT License", "https://opensource.org/license/mit", True),
    Licence("Apache-2.0", "apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", True),
    Licence("ODC-By-1.0", "odc-by", "Open Data Commons Attribution 1.0", "https://opendatacommons.org/licenses/by/1-0/", True),
)


def known(words: str) -> Licence | None:
    """The licence that is meant by an SPDX id, a hub name, or its name; whatever the case, spaces or hyphens."""
    said = _plain(words)
    return next((one for one in LICENCES if said in (_plain(one.spdx), _plain(one.hub), _plain(one.name))), None)


def named(words: str) -> str:
    """The SPDX id of a known licence, else the words as they are."""
    one = known(words)
    return one.spdx if one else words


def _plain(words: str) -> str:
    return "".join(words.casefold().replace("-", " ").replace("_", " ").split())
