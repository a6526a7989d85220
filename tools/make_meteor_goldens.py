"""METEOR values of nltk with the real WordNet 3.0: python tools/make_meteor_goldens.py /usr/share/wordnet

Writes tests/scoring/meteor_goldens.json, which the tests hold tidelab's METEOR against wherever there is no WordNet.
The pairs: each of 20 sample references against the next reference and against the person's words, and a few made to need
synonyms, irregular forms and words out of order.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
GOLDENS = ROOT / "tests/scoring/meteor_goldens.json"
MADE = [
    ("The child was frightened by the automobile.", "The kid was scared by the car."),
    ("She ran home and wept until it was dark.", "She was running home, crying, till the darkness."),
    ("It makes sense that you feel afraid.", "You feel fear, and it is sensible."),
    ("The geese flew over the houses at dawn.", "A goose flies above the house at daybreak."),
    ("You kept going, and that took courage.", "that took courage. You kept going"),
    ("No word is shared here.", "Entirely other vocabulary"),
    ("the the the cat the", "the cat the the"),
    ("I'm sorry it hurts; I'm here.", "I'm here… sorry it’s hurting!"),
    ("hot_dog stands", "frankfurter stand"),
    ("It worsened at night", "it got worse at nights, worst of all the nightmare"),
    ("שלום to you 😀", "hello to you 😀😀"),
    ("one", "one"),
]


def reader(dictionary: Path, copy: Path) -> Any:
    """nltk's WordNet over a copy of the dictionary, with the list of file names that Debian leaves out (only its length is used)."""
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class English(WordNetCorpusReader):  # type: ignore[misc]
        def map_wn(self, version: str = "wordnet") -> None:
            """Other languages' WordNets are not needed, and their index is not there."""

    for file in dictionary.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    (copy / "lexnames").write_text("".join(f"{i:02d}\tfile{i}\t1\n" for i in range(45)), encoding="utf-8")
    nltk.data.path.append(str(copy))  # nltk reads only below the paths that it is told of
    return English(str(copy), None)


def score(reference: str, reply: str, wordnet: Any) -> float:
    """nltk's METEOR on runs of letters and digits and runs of other marks (Python's own `re`: nltk's tokenizer differs by version)."""
    from nltk.translate.meteor_score import meteor_score

    said, wanted = (re.findall(r"\w+|[^\w\s]+", text) for text in (reply, reference))
    return float(meteor_score([wanted], said, wordnet=wordnet))


def main(dictionary: Path) -> None:
    """Write the goldens."""
    lines = (ROOT / "src/tidelab/corpus/sample/conversations.jsonl").read_text(encoding="utf-8").splitlines()[:21]
    rows = [json.loads(line) for line in lines]
    pairs = [(a["chatbot"], other) for a, b in itertools.pairwise(rows) for other in (b["chatbot"], a["person"])]
    with tempfile.TemporaryDirectory() as copy:
        wordnet = reader(dictionary, Path(copy))
        goldens = [{"reference": a, "reply": b, "meteor": score(a, b, wordnet)} for a, b in MADE + pairs]
    GOLDENS.write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(goldens)} pairs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
