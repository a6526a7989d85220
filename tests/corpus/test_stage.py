"""The room's cells, run for real in a run directory."""

import json

import polars as pl
import pytest

from tidelab.cli.watch import Silent
from tidelab.corpus import stage
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.records import Conversation, Flag, Persona, Quarantined, Scenario, schema
from tidelab.run import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.run.fingerprint import fingerprints

PAIR = {"person": "I keep hearing it at night, every night.", "chatbot": "The nights sound long, and you are alone with it."}


def experiment(source="sample+rehearsal", seed=3, **corpus):
    return Experiment.model_validate(
        {
            "seed": seed,
            "students": ["nano:0.3m"],
            "corpus": {"source": str(source), "personas": 12, "per_persona": 2, **corpus},
            "nano": {"pretrain_rows": 30},
        }
    )


def carried_out(directory, which):
    run = RunDirectory(directory, create=True)
    run_cells(run, stage.cells(which), Silent(), Local())
    return run


def table(run, cell, name):
    return pl.read_parquet(run.cell_dir(cell) / f"{name}.parquet")


def jsonl(tmp_path, *rows):
    path = tmp_path / "talk.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return carried_out(tmp_path_factory.mktemp("both") / "run", experiment())


def test_every_table_has_its_records_columns_and_order(both):
    tables = {
        "corpus/read": {"personas": Persona, "scenarios": Scenario, "conversations": Conversation, "quarantine": Quarantined},
        "corpus/check": {"conversations": Conversation, "quarantine": Quarantined, "flags": Flag},
        "corpus/split": {"personas": Persona, "scenarios": Scenario, "conversations": Conversation},
    }
    for cell, names in tables.items():
        for name, record in names.items():
            assert dict(table(both, cell, name).schema) == schema(record)
        assert table(both, cell, "conversations")["conversation_id"].is_sorted()


def test_sample_and_rehearsal_are_both_there_each_with_test_personas(both):
    conversations = table(both, "corpus/split", "conversations")
    counts = dict(conversations.group_by("source").len().iter_rows())
    assert counts == {"sample": 500, "rehearsal": 24}
    tested = conversations.filter(pl.col("split") == "test").group_by("source").agg(pl.col("persona_id").n_unique())
    assert dict(tested.iter_rows()) == {"sample": 5, "rehearsal": 3}
    assert both.done("corpus/split")["notes"]["personas"]["sample"] == {"train": 17, "validation": 3, "test": 5}


def test_every_conversation_has_its_persona_its_scenario_and_a_split_that_its_persona_keeps(both):
    conversations = table(both, "corpus/split", "conversations")
    assert set(conversations["persona_id"]) == set(table(both, "corpus/split", "personas")["persona_id"])
    assert set(conversations["scenario_id"]) == set(table(both, "corpus/split", "scenarios")["scenario_id"])
    assert conversations["split"].null_count() == 0
    assert conversations.group_by("persona_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert table(both, "corpus/read", "conversations")["split"].null_count() == conversations.height


def test_everyday_talk_for_nano_students_lies_beside_it(both):
    everyday = table(both, "corpus/read", "everyday")
    assert everyday.columns == ["person", "chatbot"]
    assert everyday.height == 30


def test_same_seed_same_bytes_and_another_seed_other_conversations(both, tmp_path):
    again = carried_out(tmp_path / "again", experiment())
    for cell, name in (("corpus/read", "conversations"), ("corpus/read", "everyday"), ("corpus/split", "conversations")):
        file = f"{name}.parquet"
        assert (again.cell_dir(cell) / file).read_bytes() == (both.cell_dir(cell) / file).read_bytes()
    other = carried_out(tmp_path / "other", experiment(seed=4))
    assert set(table(other, "corpus/read", "conversations")["person"]) != set(table(both, "corpus/read", "conversations")["person"])


@pytest.mark.parametrize("source", ["sample", "rehearsal"])
def test_one_part_alone_can_be_asked_for(tmp_path, source):
    run = carried_out(tmp_path / "run", experiment(source))
    assert set(table(run, "corpus/split", "conversations")["source"]) == {source}


def test_an_imported_data_set_goes_through_with_everything_left_out_in_one_place(tmp_path):
    rows = [{**PAIR, "person": f"{PAIR['person']} {i}", "persona_id": f"p{i % 5}", "conversation_id": f"c{i:02d}"} for i in range(20)]
    rows[3]["chatbot"] = "I'm sorry, but I can't help with that."
    del rows[4]["chatbot"]
    rows[5]["person"] = "Help."
    run = carried_out(tmp_path / "run", experiment(jsonl(tmp_path, *rows)))
    assert table(run, "corpus/split", "conversations")["conversation_id"].to_list() == [f"c{i:02d}" for i in range(20) if i not in (3, 4)]
    left_out = table(run, "corpus/check", "quarantine").select("conversation_id", "stage", "where").rows()
    assert left_out == [("c04", "read", "talk.jsonl:5"), ("c03", "refusal", "talk.jsonl:4")]
    flags = table(run, "corpus/check", "flags").select("conversation_id", "check").rows()
    alike = [(f"c{i:02d}", "near_duplicates") for i in range(1, 20) if i not in (3, 4)]  # all with the same reply
    assert sorted(flags) == sorted([("c05", "factors"), ("c05", "length"), *alike])
    counted = run.done("corpus/check")["notes"]["flags"]
    assert (counted["factors"], counted["length"], sum(counted.values())) == (1, 1, 2 + len(alike))


def test_warnings_of_an_import_stand_in_the_notes(tmp_path):
    run = carried_out(tmp_path / "run", experiment(jsonl(tmp_path, *[PAIR] * 3)))
    (warning,) = run.done("corpus/read")["notes"]["warnings"]
    assert "persona of its own" in warning
    assert "3 times" in warning


def test_a_missing_data_set_is_told_before_any_cell_is_made(tmp_path):
    with pytest.raises(TidelabError, match="there is no data set"):
        stage.cells(experiment(tmp_path / "absent"))


def test_a_data_set_that_no_check_passes_is_an_error(tmp_path):
    path = jsonl(tmp_path, *[{**PAIR, "chatbot": "As an AI, I can't say."}] * 2)
    with pytest.raises(TidelabError, match=r"no conversation passes the checks.*refusal"):
        carried_out(tmp_path / "run", experiment(path))


def test_fingerprints_follow_the_data_and_the_settings_that_matter_and_nothing_else(tmp_path):
    path = jsonl(tmp_path, PAIR)

    def read(which):
        return fingerprints(stage.cells(which))["corpus/read"]

    assert read(experiment(path)) == read(experiment(path, personas=99))
    assert read(experiment("sample")) == read(experiment("sample", per_persona=9))
    assert read(experiment("rehearsal")) != read(experiment("rehearsal", personas=13))
    assert read(experiment("rehearsal")) == read(experiment("rehearsal", limit=1))
    assert len({read(experiment(s)) for s in ("sample", "rehearsal", "sample+rehearsal", path)}) == 4
    before = read(experiment(path))
    path.write_text(path.read_text() + "\n" + json.dumps(PAIR))
    assert read(experiment(path)) != before
