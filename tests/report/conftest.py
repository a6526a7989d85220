"""One finished run for all tests that only look at it."""

import pytest

from tests.report import runs


@pytest.fixture(scope="session")
def experiment():
    return runs.experiment()


@pytest.fixture(scope="session")
def run(tmp_path_factory, experiment):
    return runs.make(tmp_path_factory.mktemp("report") / "quick", experiment)


@pytest.fixture(scope="session")
def study(run, experiment):
    return runs.study(run, experiment)


@pytest.fixture(scope="session")
def html(run):
    return (run.path / "report" / "index.html").read_text("utf-8")
