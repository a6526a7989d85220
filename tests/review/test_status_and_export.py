"""Figures and files of a review, against answers that were really given."""

import json

import polars as pl
import pytest

from tests.review.runs import Person, review
from tests.study import tide
from tidelab import agreement
from tidelab.corpus import approved
from tidelab.records import text_hash
from tidelab.review import export, status

RATINGS = {"c000": (4, 4), "c001": (5, 4), "c002": (2, 2), "c003": (1, 3), "c004": (3, 3), "c005": (5, 5), "c006": (4, 5), "c007": (3, 4)}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Eight items: one disputed and settled by rejection, one revised alike, one rejected by both."""
    run = tmp_path_factory.mktemp("review") / "run"
    database, _ = review(run, 8, url=f"sqlite:///{run / 'review' / 'review.db'}")
    from tests.review.runs import everything
    from tidelab.review.tables import items

    names = {row.id: row.conversation_id for row in everything(database, items)}
    for slot, name in enumerate(("Anna", "Boris")):
        person = Person(database, name)
        while (item := person.next()) is not None:
            key = names[item]
            more = {"decision": "reject", "reasons": "harm", "comment": "=cmd()"} if key == "c002" else {}
            more |= {"chatbot": 'Mended, "quoted",\nwith a line.'} if key == "c005" else {}
            person.send(item, rating=RATINGS[key][slot], **more)
    third = Person(database, "Third", "adjudicator")
    while (item := third.next()) is not None:
        third.send(item, decision="reject", reasons="persona")
    yield run, database
    database.close()


def test_status_counts_and_agreement_equal_what_was_answered(place):
    _, database = place
    found = status.status(database, resamples=200)
    counts = found["items"]["conversation"]
    assert (counts["items"], counts["two reviews"], counts["approved"], counts["rejected"]) == (8, 8, 6, 2)
    assert counts["undecided"] == counts["awaiting third reviewer"] == counts["surplus reviews"] == 0
    first, second = ([pair[i] - 1 for pair in RATINGS.values()] for i in (0, 1))
    row = found["agreement"]["conversation"][0]
    assert row["name"] == "Realism" and row["items"] == 8
    assert row["kappa_quadratic"]["value"] == pytest.approx(agreement.kappa(first, second, 5, "quadratic", symmetric=True), abs=1e-4)
    assert row["alpha"]["value"] == pytest.approx(
        agreement.alpha([[a, b] for a, b in zip(first, second, strict=True)], 5, "ordinal"), abs=1e-4
    )
    assert row["alpha"]["low"] <= row["alpha"]["value"] <= row["alpha"]["high"]
    (dispute,) = found["disagreements"]
    assert dispute["conversation_id"] == "c003" and dispute["settled"] and "Realism: 1 and 3" in dispute["why"]
    assert {p["name"]: p["role"] for p in found["people"]} == {"Anna": "reviewer", "Boris": "reviewer", "Third": "adjudicator"}


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_files_hold_every_decision_rating_and_revision_and_no_name(place, tmp_path, form):
    run, _ = place
    code, told = tide("review", "export", "--run", str(run), "--out", str(tmp_path), "--format", form, "--json")
    assert code == 0
    readers = {"jsonl": pl.read_ndjson, "csv": pl.read_csv, "parquet": pl.read_parquet}
    tables = {name: readers[form](tmp_path / f"{name}.{form}") for name in ("decisions", "ratings", "revisions")}
    assert json.loads(told)["rows"] == {name: table.height for name, table in tables.items()}
    found = dict(tables["decisions"].select("conversation_id", "decision").iter_rows())
    assert found["c002"] == found["c003"] == "rejected" and found["c005"] == found["c000"] == "approved"
    assert tables["ratings"].filter(pl.col("scale") == "realism").select("conversation_id", "rating").filter(
        pl.col("conversation_id") == "c003"
    )["rating"].to_list() == [1, 3, 4]
    assert tables["revisions"].height == 2 and set(tables["revisions"]["chatbot_after"]) == {'Mended, "quoted",\nwith a line.'}
    everything = "".join((tmp_path / f"{name}.{form}").read_bytes().decode("latin-1") for name in tables)
    assert not any(name in everything for name in ("Anna", "Boris", "Third"))
    if form == "csv":
        assert "'=cmd()" in tables["ratings"]["comment"].to_list()  # no spreadsheet may run it


def test_the_corpus_reads_what_was_exported(place):
    run, database = place
    export.export(database, run / "review", "jsonl")
    found = approved.read(str(run / "review" / "decisions.jsonl"))
    assert found["c005"].chatbot == 'Mended, "quoted",\nwith a line.'
    item = pl.read_parquet(run / "corpus" / "check" / "conversations.parquet").filter(pl.col("conversation_id") == "c005").to_dicts()[0]
    assert found["c005"].sha256 == text_hash(item["person"], item["chatbot"])


def test_verbs_say_what_they_did_and_what_is_wrong(place):
    from tidelab.errors import TidelabError

    run, _ = place
    code, told = tide("review", "status", "--run", str(run))
    assert code == 0 and "Realism" in told and "c003" in told and "Krippendorff" in told
    assert json.loads(tide("review", "status", "--run", str(run), "--json")[1])["items"]["conversation"]["items"] == 8
    link = json.loads(tide("review", "invite", "Dora", "--run", str(run), "--json")[1])
    assert link["link"].startswith("http://127.0.0.1:8321/enter/") and len(link["link"].rpartition("/")[2]) == 43
    with pytest.raises(TidelabError, match="already invited as reviewer"):
        tide("review", "invite", "Dora", "--role", "adjudicator", "--run", str(run))
    assert json.loads(tide("review", "revoke", "Dora", "--run", str(run), "--json")[1])["revoked"] == 1
    with pytest.raises(TidelabError, match="nobody is called"):
        tide("review", "revoke", "Nobody", "--run", str(run))
    with pytest.raises(TidelabError, match="is no run directory"):
        tide("review", "status", "--run", str(run / "absent"))
