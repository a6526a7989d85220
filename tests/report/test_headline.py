from rich.console import Console

from tidelab.report.headline import headline


def printed(run, width=80):
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(headline(run))
    return capture.get()


def test_the_table_fits_eighty_columns_and_marks_nano_and_sources(run):
    lines = printed(run).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "rehearsal, 72 each" in printed(run)
    assert "sample, 18 each" in printed(run)
    tuned = next(line for line in lines if "nano-3m fine-tuned" in line)
    assert "nano-3m fine-tuned nano" in tuned
    assert tuned.count("*") == 4


def test_no_star_where_no_test_came_out(run):
    sample = printed(run).partition("sample, 18 each")[2]
    assert "*" not in sample.partition("Behind")[0]


def test_a_name_in_brackets_is_printed_and_not_taken_for_markup(run):
    import polars as pl

    from tidelab.report.headline import headline_table

    read = {t: pl.read_parquet(run.cell_dir(c) / f"{t}.parquet") for c, t in (("analysis/means", "means"), ("analysis/gains", "gains"))}
    roster = pl.read_parquet(run.cell_dir("students/roster") / "students.parquet")
    means = read["means"].with_columns(system_id=pl.col("system_id").str.replace("nano-1m", "[red]x"))
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(headline_table(means, read["gains"], roster))
    assert "[red]x zero-shot" in capture.get()
