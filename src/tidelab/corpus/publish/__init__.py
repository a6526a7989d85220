"""Publishing: a corpus with its card, licence, provenance and the checks' counts, whole or not at all. `docs/publishing.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tidelab.corpus import write_personas
from tidelab.corpus.publish import card, croissant, forms, rights
from tidelab.corpus.publish.opened import Corpus
from tidelab.errors import TidelabError


def export(corpus: Corpus, form: str, out: Path, *, accept_licence: bool) -> dict[str, Any]:
    """Writes the directory `out` and returns its provenance. Same corpus, same bytes.

    TidelabError if the licences forbid it and nobody accepted, the place is taken, or the form can't hold the corpus.
    """
    rights.check(corpus, accepted=accept_licence)
    write_personas.free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = write_personas.beside(out)
        part.mkdir()
        forms.FORMS[form](corpus, part)
        told = corpus.provenance(form)
        _write(part / "checks.json", corpus.checks())
        _write(part / "provenance.json", told)
        (part / "LICENSE").write_text(rights.text(corpus), "utf-8")
        (part / "README.md").write_text(card.card(corpus, form, out.name), "utf-8")
        _write(part / "croissant.json", croissant.metadata(corpus, form, out.name, part))
        part.replace(out)
    except OSError as error:
        mend = "choose another --out, or free some space"
        raise TidelabError(f"can't be written: {error.strerror}", where=str(out), mend=mend) from error
    return told


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
