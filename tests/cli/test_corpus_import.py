import json

import polars as pl
import pytest
from typer.testing import CliRunner

from tidelab.cli import app
from tidelab.corpus import source
from tidelab.errors import TidelabError
from tidelab.records import Quarantined

PAIR = {"person": "I keep hearing it at night.", "chatbot": "The nights sound long."}


def run(*arguments):
    return CliRunner().invoke(app, ["corpus", "import", *map(str, arguments)])


@pytest.fixture
def tables(tmp_path):
    """A directory of two tables, one row of which is blank."""
    folder = tmp_path / "set"
    (folder / "data").mkdir(parents=True)
    pl.DataFrame([PAIR | {"age": "41", "trauma_type": "flood"}, PAIR | {"person": " ", "age": "1", "trauma_type": ""}]).write_csv(
        folder / "a.csv"
    )
    pl.DataFrame([PAIR | {"conversation_id": "own", "licence": "MIT"}]).write_parquet(folder / "data" / "b.parquet")
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    return folder


def test_a_directory_of_tables_becomes_json_lines_and_what_is_left_out_stands_beside(tables, tmp_path):
    done = run(tables, "--out", tmp_path / "new" / "all.jsonl", "--json")
    assert done.exit_code == 3, done.output
    told = json.loads(done.stdout)
    assert (told["conversations"], told["quarantined"], told["licences"]) == (2, 1, {"CC-BY-4.0": 1, "MIT": 1})
    (left,) = [Quarantined.model_validate_json(line) for line in (tmp_path / "new" / "all.quarantine.jsonl").read_text().splitlines()]
    assert left.where == "a.csv:3" and "blank" in left.reason
    found = source.read(str(tmp_path / "new" / "all.jsonl"))
    assert [c.conversation_id for c in found.conversations] == ["a/row-000001", "own"]
    assert found.personas[0].trauma_type == "flood"


def test_rows_without_ids_in_two_tables_do_not_collide(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(json.dumps(PAIR))
    found = source.read(str(tmp_path))
    assert [c.conversation_id for c in found.conversations] == ["a/row-000001", "b/row-000001"] and not found.quarantined


def test_an_import_that_is_imported_again_stays_the_same(tables, tmp_path):
    run(tables, "--out", tmp_path / "one.jsonl")
    assert run(tmp_path / "one.jsonl", "--out", tmp_path / "two.jsonl").exit_code == 0
    one, two = ([json.loads(line) for line in (tmp_path / n).read_text().splitlines()] for n in ("one.jsonl", "two.jsonl"))
    assert [{**r, "provenance": 0} for r in one] == [{**r, "provenance": 0} for r in two]


def test_without_quarantine_there_is_no_file_for_it_and_people_get_a_sentence(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(PAIR))
    done = run(tmp_path / "a.jsonl", "--out", tmp_path / "b.jsonl")
    assert done.exit_code == 0 and "1 conversations, 1 personas, 0 quarantined" in done.stdout and "licence: unknown 1" in done.stdout
    assert "warning" in done.stdout and not (tmp_path / "b.quarantine.jsonl").exists()


@pytest.mark.parametrize(
    ("out", "what"), [("b.csv", "no name for JSON Lines"), ("taken.jsonl", "is there already"), ("old.jsonl", "is there already")]
)
def test_a_bad_place_is_told_before_anything_is_read(tmp_path, out, what):
    (tmp_path / "a.jsonl").write_text(json.dumps(PAIR))
    (tmp_path / "taken.jsonl").write_text("mine")
    (tmp_path / "old.quarantine.jsonl").write_text("mine")
    done = run(tmp_path / "a.jsonl", "--out", tmp_path / out)
    assert isinstance(done.exception, TidelabError) and what in str(done.exception)
    assert (tmp_path / "taken.jsonl").read_text() == "mine"
