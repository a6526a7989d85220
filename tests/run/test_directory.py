"""One directory, one run, one process at a time, one format."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tidelab.errors import TidelabError
from tidelab.run import RunDirectory


def test_a_second_process_is_refused_and_told_who_holds_the_run(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    code = (
        "import sys; from pathlib import Path; from tidelab.run import RunDirectory\n"
        "with RunDirectory(Path(sys.argv[1])).locked(): print('held')"
    )
    with run.locked():
        second = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=False)
    assert second.returncode == 1 and "in use by process" in second.stderr
    third = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=False)
    assert third.stdout.strip() == "held", "a lock outlived its holder"


def test_a_run_of_a_newer_format_is_refused_and_never_misread(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    (run.path / "run.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(TidelabError, match="format 2"):
        RunDirectory(run.path)


def test_a_directory_that_holds_other_things_is_not_taken_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(TidelabError) as caught:
        RunDirectory(tmp_path, create=True)
    assert "holds other things" in caught.value.what and (tmp_path / "thesis.tex").read_text() == "years of work"
    with pytest.raises(TidelabError, match="no run directory"):
        RunDirectory(tmp_path)


def test_a_damaged_run_json_names_the_file_and_the_mend(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    (run.path / "run.json").write_text("{half")
    with pytest.raises(TidelabError) as caught:
        RunDirectory(run.path)
    assert caught.value.where.endswith("run.json") and caught.value.mend


@pytest.mark.parametrize("name", ["replies/floor:echo", "replies/a b@zero-shot", "scores/../x/y", "scores/%2e/é"])
def test_cell_directories_stay_inside_the_run_and_differ(tmp_path: Path, name: str) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    directory = run.cell_dir(name)
    assert directory.resolve().is_relative_to(run.path.resolve()) and ":" not in str(directory.relative_to(run.path))
    assert directory != run.cell_dir(name + "x")


def test_a_damaged_done_json_means_not_done(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    directory = run.begin("a/b", "f")
    run.complete("a/b", {"fingerprint": "f"})
    assert run.state("a/b", "f") == "done" and run.state("a/b", "g") == "changed"
    (directory / "done.json").write_bytes(b"\x00\x01")
    assert run.state("a/b", "f") == "missing"


def test_leftovers_of_a_crash_behind_the_marker_are_tidied_by_the_next_run(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run", create=True)
    directory = run.begin("a/b", "f")
    run.complete("a/b", {"fingerprint": "f"})
    (directory / "begun.json").write_text("{}")
    run.tidy("a/b")
    assert [p.name for p in directory.iterdir()] == ["done.json"]
