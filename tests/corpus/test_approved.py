"""Only approved conversations enter a corpus that asks for it; what became of the others is told."""

import polars as pl
import pytest

from tests.corpus.test_stage import carried_out, experiment, table
from tidelab.corpus import approved, sample, stage
from tidelab.errors import TidelabError
from tidelab.records import Decision, frame, text_hash
from tidelab.run.fingerprint import fingerprints


def decisions(**changes):
    """Approves the whole sample but for what `changes` says of a conversation."""
    _, _, conversations = sample.load()
    made = {
        c.conversation_id: Decision(
            kind="conversation",
            conversation_id=c.conversation_id,
            sha256=text_hash(c.person, c.chatbot),
            decision="approved",
            by="agreement",
            reviews=2,
        )
        for c in conversations
    }
    for name, change in changes.items():
        key = name.replace("_", "-")
        made[key] = made[key].model_copy(update=change)
    return made


def saved(path, made):
    rows = frame(Decision, made.values())
    rows.write_ndjson(path) if path.suffix == ".jsonl" else rows.write_parquet(path)
    return str(path)


def of(path):
    return experiment("sample", review="approved", decisions=path)


@pytest.mark.parametrize("name", ["decisions.jsonl", "decisions.parquet"])
def test_only_approved_conversations_are_split_and_the_others_are_quarantined_with_what_was_said(tmp_path, name):
    made = decisions(
        sample_01_1={"decision": "rejected", "reasons": ["Could do harm", "see my comment"]},
        sample_01_2={"decision": "undecided", "by": "awaits third reviewer"},
        sample_01_3={"sha256": "0" * 32},
        sample_02_1={"chatbot": "A mended reply."},
    )
    del made["sample-01-4"]
    run = carried_out(tmp_path / "run", of(saved(tmp_path / name, made)))
    left = dict(table(run, "corpus/review", "quarantine").select("conversation_id", "reason").iter_rows())
    assert left == {
        "sample-01-1": "rejected by agreement: Could do harm; see my comment",
        "sample-01-2": "its review is not finished: awaits third reviewer",
        "sample-01-3": "its text is not the one that was reviewed",
        "sample-01-4": "nobody has reviewed it",
    }
    split = table(run, "corpus/split", "conversations")
    assert split.height == 496 and not set(left) & set(split["conversation_id"])
    (mended,) = split.filter(pl.col("conversation_id") == "sample-02-1").to_dicts()
    assert mended["chatbot"] == "A mended reply." and '"revised": ["chatbot"]' in mended["provenance"]


def test_without_decisions_the_run_stops_after_the_checks_and_says_how_to_go_on(tmp_path):
    with pytest.raises(TidelabError, match="names no decisions") as told:
        carried_out(tmp_path / "run", of(None))
    assert "tide review serve --run" in told.value.mend and "corpus.decisions=" in told.value.mend
    assert (tmp_path / "run" / "corpus" / "check" / "done.json").exists()


@pytest.mark.parametrize("content", ["", "{}", "no json", '{"kind": "conversation", "conversation_id": 5}', "[" * 2000])
def test_a_file_that_holds_no_decisions_is_told_before_any_work(tmp_path, content):
    path = tmp_path / "decisions.jsonl"
    path.write_text(content)
    if content:
        with pytest.raises(TidelabError, match="can't be read as decisions"):
            stage.cells(of(str(path)))
    else:
        with pytest.raises(TidelabError, match="none of 500 conversations is approved"):
            carried_out(tmp_path / "run", of(str(path)))


@pytest.mark.parametrize("name", ["absent.jsonl", "decisions.csv"])
def test_a_missing_file_and_one_for_spreadsheets_are_refused(tmp_path, name):
    if name.endswith(".csv"):
        (tmp_path / name).write_text("kind\n")
    with pytest.raises(TidelabError, match="there are no decisions"):
        approved.read(str(tmp_path / name))


def test_new_decisions_redo_the_split_and_a_corpus_without_review_keeps_its_fingerprint(tmp_path):
    def split(which):
        return fingerprints(stage.cells(which))["corpus/split"]

    one = saved(tmp_path / "one.jsonl", decisions())
    other = saved(tmp_path / "other.jsonl", decisions(sample_01_1={"decision": "rejected"}))
    assert split(of(one)) != split(of(other))
    assert split(experiment("sample")) == split(experiment("sample", decisions=one))
