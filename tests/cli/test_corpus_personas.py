import json

import polars as pl
import pytest
from typer.testing import CliRunner

from tidelab.cli import app
from tidelab.corpus.formats import nested
from tidelab.corpus.personas import sample
from tidelab.errors import TidelabError
from tidelab.records import Persona, records


def run(*arguments):
    return CliRunner().invoke(app, ["corpus", "personas", *map(str, arguments)])


def test_people_see_marginals_beside_targets_and_what_is_assumed():
    done = run("--n", 200, "--seed", 3)
    assert done.exit_code == 0, done.output
    assert "60-85" in done.stdout and "target" in done.stdout and "unverified" in done.stdout
    assert sum(line.startswith("persona-") for line in done.stdout.splitlines()) == 3


def test_machines_get_the_same_as_json():
    found = json.loads(run("--n", 200, "--seed", 3, "--json", "--limit", 2).stdout)
    assert [p["persona_id"] for p in found["first"]] == ["persona-0001", "persona-0002"]
    assert sum(m["number"] for m in found["marginals"] if m["what"] == "gender") == 200
    assert any(s["address"].startswith("http") and s["read"] for s in found["sources"])


def test_each_form_on_disk_holds_the_personas(tmp_path):
    people = sample(30, 5)
    for name in ("p.jsonl", "p.parquet", "tide"):
        assert run("--n", 30, "--seed", 5, "--out", tmp_path / "new" / name).exit_code == 0
    assert [Persona.model_validate_json(line) for line in (tmp_path / "new" / "p.jsonl").read_text().splitlines()] == people
    assert records(Persona, pl.read_parquet(tmp_path / "new" / "p.parquet")) == people
    files = sorted((tmp_path / "new" / "tide" / "metadata").iterdir())
    assert [nested.read(f.name.removesuffix("_metadata.json"), json.loads(f.read_text()))[0] for f in files] == people


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "p.jsonl").write_text("mine")
    done = run("--n", 3, "--out", tmp_path / "p.jsonl")
    assert isinstance(done.exception, TidelabError) and "is there already" in done.exception.what
    assert (tmp_path / "p.jsonl").read_text() == "mine"


def test_what_a_broken_off_try_left_is_replaced(tmp_path):
    left = tmp_path / ".tide.part"
    (left / "metadata").mkdir(parents=True)
    (left / "metadata" / "old.json").write_text("{}")
    assert run("--n", 2, "--out", tmp_path / "tide").exit_code == 0
    assert sorted(p.name for p in (tmp_path / "tide" / "metadata").iterdir()) == [f"persona-000{n}_metadata.json" for n in (1, 2)]


@pytest.mark.parametrize("arguments", [("--n", 0), ("--n", "many"), ("--seed", "x")])
def test_a_number_that_is_none_is_refused(arguments):
    assert run(*arguments).exit_code == 2
