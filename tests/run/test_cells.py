"""The corridor's promises: rows once, in order, wherever a cell was interrupted."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidelab.cli.watch import Silent
from tidelab.errors import TidelabError
from tidelab.run import Cell, RunDirectory, Work
from tidelab.run.executor import Local, run_cells
from tidelab.run.fingerprint import fingerprints, in_order, of_files


class Crash(BaseException):
    """Stands for a kill at this very moment: nothing catches it."""


def numbers(work: Work) -> None:
    rows = work.batches(list(range(10)), 3, lambda batch: [{"n": n} for n in batch])
    work.write("numbers", pl.DataFrame(rows))
    work.note(count=len(rows))


def doubled(work: Work) -> None:
    work.write("doubled", work.read("a/numbers", "numbers").select(pl.col("n") * 2))


A = Cell("a/numbers", {"to": 10}, numbers)
B = Cell("b/x@y:z/doubled", {}, doubled, needs=("a/numbers",))


def go(run: RunDirectory, *cells: Cell) -> list[str]:
    return run_cells(run, cells, Silent(), Local())


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path / "run", create=True)


def test_cells_run_after_what_they_need_whatever_their_order_and_only_once(run: RunDirectory) -> None:
    assert go(run, B, A) == ["a/numbers", "b/x@y:z/doubled"]
    assert pl.read_parquet(run.cell_dir(B.name) / "doubled.parquet")["n"].to_list() == [n * 2 for n in range(10)]
    assert go(run, B, A) == []
    assert run.done("a/numbers")["tables"] == {"numbers": 10} and run.done("a/numbers")["notes"] == {"count": 10}


def test_a_changed_setting_redoes_the_cell_and_all_that_read_it_and_nothing_else(run: RunDirectory) -> None:
    other = Cell("a/other", {}, lambda work: work.note(x=1))
    go(run, A, other, B)
    assert go(run, Cell("a/numbers", {"to": 11}, numbers), other, B) == ["a/numbers", "b/x@y:z/doubled"]
    assert go(run, Cell("a/numbers", {"to": 11}, numbers, version=2), other, B) == ["a/numbers", "b/x@y:z/doubled"]


def test_a_changed_cell_starts_from_an_empty_directory(run: RunDirectory) -> None:
    go(run, A)
    (run.cell_dir("a/numbers") / "left-over.bin").write_bytes(b"of the old settings")
    go(run, Cell("a/numbers", {"to": 11}, numbers))
    assert not (run.cell_dir("a/numbers") / "left-over.bin").exists()


@given(crash_at=st.integers(0, 12), garbage=st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_cell_that_dies_anywhere_ends_with_the_rows_of_an_undisturbed_one(
    tmp_path_factory: pytest.TempPathFactory, crash_at: int, garbage: bytes
) -> None:
    run = RunDirectory(tmp_path_factory.mktemp("crash") / "run", create=True)
    calls: list[int] = []

    def fragile(work: Work) -> None:
        def do(batch: list[int]) -> list[dict[str, int]]:
            calls.append(batch[0])
            if len(calls) == crash_at + 1:
                raise Crash
            return [{"n": n} for n in batch]

        work.write("numbers", pl.DataFrame(work.batches(list(range(10)), 3, do)))

    cell = Cell("a/numbers", {}, fragile)
    try:
        go(run, cell)
    except Crash:
        with (run.cell_dir(cell.name) / "log.jsonl").open("ab") as log:
            log.write(garbage.replace(b"\n", b""))  # what a torn write may leave: part of a line
        assert run.state(cell.name, fingerprints([cell])[cell.name]) == "interrupted"
        go(run, cell)
    assert pl.read_parquet(run.cell_dir(cell.name) / "numbers.parquet")["n"].to_list() == list(range(10))
    assert len(calls) <= 5, "more than the batch in flight was done again"
    assert sorted(p.name for p in run.cell_dir(cell.name).iterdir()) == ["done.json", "numbers.parquet"]


def test_a_log_of_other_settings_is_not_continued(run: RunDirectory) -> None:
    def dies(work: Work) -> None:
        work.batches([1, 2], 1, lambda batch: [{"n": -1}])
        raise Crash

    with pytest.raises(Crash):
        go(run, Cell("a/numbers", {"to": 9}, dies))
    go(run, A)
    assert pl.read_parquet(run.cell_dir(A.name) / "numbers.parquet")["n"].to_list() == list(range(10))


def test_reading_a_table_that_was_not_declared_is_a_bug_and_says_so(run: RunDirectory) -> None:
    with pytest.raises(ValueError, match="without needing it"):
        go(run, A, Cell("b/sly", {}, lambda work: work.read("a/numbers", "numbers").clear()))


def test_a_full_disk_keeps_what_was_done_and_names_the_mend(run: RunDirectory) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full (Linux)")

    def fills(work: Work) -> None:
        (work.dir / ".table.parquet.part").symlink_to("/dev/full")
        work.write("table", pl.DataFrame({"n": [1]}))

    with pytest.raises(TidelabError) as caught:
        go(run, A, Cell("b/full", {}, fills, needs=("a/numbers",)))
    assert "disk is full" in caught.value.what and "same command again" in caught.value.mend
    assert run.done("a/numbers") is not None and run.done("b/full") is None


def test_the_fingerprint_is_the_same_for_the_same_settings_in_another_order_and_differs_for_others() -> None:
    one, same = Cell("a", {"x": 1, "y": [1, 2]}, numbers), Cell("a", {"y": [1, 2], "x": 1}, doubled)
    assert fingerprints([one]) == fingerprints([same])
    others = [
        Cell("a", {"x": 2, "y": [1, 2]}, numbers),
        Cell("b", {"x": 1, "y": [1, 2]}, numbers),
        Cell("a", {"x": 1, "y": [1, 2]}, numbers, version=2),
    ]
    assert len({fingerprints([c])[c.name] for c in [one, *others]}) == 4


def test_a_fingerprint_of_files_follows_names_and_bytes_and_not_the_place(tmp_path: Path) -> None:
    for place in ("here", "there/deep"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "a.json").write_text("1")
    assert of_files(tmp_path / "here") == of_files(tmp_path / "there/deep")
    (tmp_path / "here/a.json").write_text("2")
    assert of_files(tmp_path / "here") != of_files(tmp_path / "there/deep")


def test_cells_that_need_each_other_or_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        in_order([Cell("a", {}, numbers, needs=("b",)), Cell("b", {}, numbers, needs=("a",))])
    with pytest.raises(ValueError, match="nobody makes"):
        in_order([Cell("a", {}, numbers, needs=("ghost",))])
    with pytest.raises(ValueError, match="one name"):
        in_order([A, A])


def test_done_json_is_valid_and_holds_no_path_of_this_machine(run: RunDirectory) -> None:
    go(run, A)
    text = (run.cell_dir(A.name) / "done.json").read_text()
    assert str(run.path) not in text and json.loads(text)["cell"] == "a/numbers"
