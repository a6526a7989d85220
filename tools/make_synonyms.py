"""Reduce WordNet 3.0 to what METEOR's synonym stage reads: python tools/make_synonyms.py /usr/share/wordnet

Out of the dictionary's data.* and *.exc files (Debian: package wordnet-base) come
`src/tidelab/scoring/data/synonyms.txt.gz` and, beside it, the licence that must travel with it.
A line of the file is `n dog domestic_dog Canis_familiaris`: part of speech and the words of one synset, in the data file's order;
a line `-n geese goose` is an irregular form and its base forms. Synsets that can give no single word in lower case are left out:
METEOR compares single words in lower case, so that they could never match. The same dictionary gives the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parent.parent / "src/tidelab/scoring/data"
FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}


def synsets(dictionary: Path, suffix: str) -> Iterator[list[str]]:
    """Words of each synset, without the syntactic marker that an adjective may carry: `galore(ip)`."""
    for line in (dictionary / f"data.{suffix}").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):  # the licence
            continue
        fields = line.split(" ")
        count = int(fields[3], 16)
        names = [name.partition("(")[0] for name in fields[4 : 4 + 2 * count : 2]]
        if any(name == name.lower() and "_" not in name for name in names):
            yield names


def licence(dictionary: Path) -> str:
    """The notice at the head of the data files, without its line numbers."""
    head = [line for line in (dictionary / "data.noun").read_text(encoding="utf-8").splitlines() if line.startswith("  ")]
    return "\n".join(line.strip().partition(" ")[2].strip() for line in head) + "\n"


def main(dictionary: Path) -> None:
    """Write both files."""
    lines = [f"{pos} {' '.join(names)}" for pos, suffix in FILES.items() for names in synsets(dictionary, suffix)]
    for pos, suffix in FILES.items():
        lines += [f"-{pos} {line}" for line in (dictionary / f"{suffix}.exc").read_text(encoding="utf-8").splitlines()]
    DATA.mkdir(exist_ok=True)
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)
    (DATA / "synonyms.txt.gz").write_bytes(packed)
    (DATA / "WORDNET-LICENSE").write_text(licence(dictionary), encoding="utf-8")
    print(f"{len(lines):,} lines, {len(packed):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
