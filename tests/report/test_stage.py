from collections import Counter

from tests.report import runs
from tidelab.report import stage


def test_the_cell_leaves_page_tables_and_figures(run):
    folder = run.path / "report"
    assert (folder / "index.html").exists()
    assert {p.name for p in (folder / "tables").iterdir()} == {"means.csv", "gains.csv", "ceiling.csv", "quarantine.csv", "behaviour.csv"}
    kinds = Counter(p.stem.partition("-")[0] for p in (folder / "figures").glob("*.svg"))
    assert kinds.total() == run.done("report")["notes"]["figures"]
    assert {k: kinds[k] for k in ("gain", "ceiling", "which", "curve")} == {"gain": 8, "ceiling": 8, "which": 2, "curve": 3}
    assert kinds["by_scenario"] > 0


def test_the_same_tables_give_the_same_files(run, experiment, study):
    from tidelab.report.page import page, panels

    assert page(study, panels(study)) == (run.path / "report" / "index.html").read_text("utf-8")


def test_it_needs_every_cell_whose_numbers_it_shows(experiment):
    cell = stage.cells(experiment)[-1]
    needs = set(cell.needs)
    assert {"corpus/split", "corpus/check", "students/roster", "analysis/means", "analysis/gains", "analysis/ceiling"} <= needs
    assert {f"replies/{s.system_id}" for s in experiment.systems()} <= needs
    assert "students/nano-1m@fine-tuned" in needs
    assert "scores/floor:echo/rouge_l" in needs


def test_a_study_of_one_zero_shot_student_and_one_persona_still_has_its_page(tmp_path):
    experiment = runs.experiment(students=[{"model": "nano:1m", "conditions": ["zero-shot"]}], scoring={"metrics": ["length"]})
    run = runs.make(tmp_path / "small", experiment, personas={"imported": 1})
    text = (run.path / "report" / "index.html").read_text("utf-8")
    assert "No student was used both zero-shot and fine-tuned." in text
    assert "fewer than 5 personas" in text
    assert "nan" not in text.replace("nano", "").lower().split()
