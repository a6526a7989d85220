"""A teacher as the corpus of a study."""

import polars as pl
import pytest

from tests.engines.asking import addresses
from tests.engines.fake_provider import FakeProvider
from tidelab.cli.watch import Silent
from tidelab.corpus import stage
from tidelab.errors import TidelabError
from tidelab.experiment import Experiment
from tidelab.run import RunDirectory
from tidelab.run.executor import Local, run_cells
from tidelab.run.fingerprint import fingerprints


def experiment(**settings):
    corpus = {"source": "teacher", "teacher": "anthropic:fake-1", "personas": 12, "per_persona": 3} | settings.pop("corpus", {})
    return Experiment.model_validate({"students": ["nano:0.3m"], "corpus": corpus, "nano": {"pretrain_rows": 30}, **settings})


def test_what_the_teacher_wrote_goes_through_the_corpus_and_its_terms_are_told(tmp_path, monkeypatch):
    with FakeProvider(faults={"empty": 0.2}) as server:
        for variable, url in addresses(server).items():
            monkeypatch.setenv(variable, url)
        run = RunDirectory(tmp_path / "run", create=True)
        run_cells(run, stage.cells(experiment()), Silent(), Local())
        asked = sum(server.ledger.requests.values())
        assert run_cells(run, stage.cells(experiment(calls={"concurrency": 3, "max_cost": 0})), Silent(), Local()) == []
        assert sum(server.ledger.requests.values()) == asked
    split = pl.read_parquet(run.cell_dir("corpus/split") / "conversations.parquet")
    quarantine = pl.read_parquet(run.cell_dir("corpus/check") / "quarantine.parquet")
    assert set(split["source"]) == {"teacher"} and split["split"].null_count() == 0
    assert split.height + quarantine.height == 36
    assert set(quarantine["stage"]) <= {"write"}
    assert any("terms" in warning for warning in run.done("corpus/read")["notes"]["warnings"])


def test_how_it_is_asked_decides_nothing_and_who_is_asked_does():
    base = fingerprints(stage.cells(experiment()))["corpus/read"]
    for same in ({"batch": True}, {"timeout": 3}, {"price": [1, 2]}, {"max_cost": 1}):
        assert fingerprints(stage.cells(experiment(calls=same)))["corpus/read"] == base
    assert fingerprints(stage.cells(experiment(corpus={"teacher": "anthropic:other"})))["corpus/read"] != base
    assert fingerprints(stage.cells(experiment(corpus={"per_persona": 4})))["corpus/read"] != base


def test_a_plan_says_what_it_will_cost_by_which_price_and_under_which_terms():
    from tidelab.cli.plan_view import estimated

    told = estimated(experiment(calls={"price": [3, 15]}, corpus={"personas": 500, "per_persona": 20}))
    assert told["conversations"] == "10000"
    assert told["cost"].startswith("about $") and "as given by the user" in told["cost"] and "train" in told["terms"]
    half = estimated(experiment(calls={"price": [3, 15], "batch": True}, corpus={"personas": 500, "per_persona": 20}))
    dollars = [float(t["cost"].split("$")[1].split()[0].replace(",", "")) for t in (told, half)]
    assert dollars[1] == pytest.approx(dollars[0] / 2, abs=0.01)
    assert estimated(experiment())["cost"].startswith("unknown")


def test_a_study_without_its_teachers_name_is_the_users_to_mend():
    with pytest.raises(TidelabError, match="no teacher is named") as error:
        stage.cells(experiment(corpus={"teacher": None}))
    assert "corpus.teacher=" in str(error.value)
