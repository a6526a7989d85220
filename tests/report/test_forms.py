import dataclasses
import re
import shutil
from importlib.resources import files

import pytest
import yaml

from tests.report import runs
from tidelab.errors import TidelabError
from tidelab.report import forms, methods
from tidelab.report.answers import Told
from tidelab.report.compared import compared
from tidelab.report.latex import latex
from tidelab.report.markdown import markdown
from tidelab.report.sheets import paper_sheets


def test_markdown_tells_verdicts_tables_losses_and_the_command(study):
    text = markdown(study)
    assert text.index("not testable here") < text.index("What was compared")
    for words in (
        "### Gains of fine-tuning on rehearsal conversations",
        "## Methods",
        "37 rows quarantined",
        "tide run quick",
        "Which one to choose",
    ):
        assert words in text
    for row in study.means.filter(study.means["metric"] == "cosine").to_dicts():
        assert f"| {row['mean']:.3f} " in text


def test_every_table_of_the_paper_is_whole(study):
    sheets = paper_sheets(study)
    assert len({s.name for s in sheets}) == len(sheets)
    assert all(len(row) == len(s.columns) for s in sheets for row in s.rows)
    assert {s.name for s in sheets} >= {"claims", "compared", "means-rehearsal", "gains-sample", "which-sample"}


def test_latex_closes_what_it_opens_and_cites_only_what_the_bibliography_has(study):
    text, works = latex(study), methods.bibtex(study)
    opened, closed = re.findall(r"\\begin\{(\w+)\}", text), re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(opened) == sorted(closed)
    assert opened.count("longtable") == len(paper_sheets(study)) == text.count(r"\endfirsthead"), "a label on each page would be doubled"
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")
    cited = {key for keys in re.findall(r"\\cite\{([^}]*)\}", text) for key in keys.split(",")}
    assert cited == set(re.findall(r"^@\w+\{(\w+),", works, flags=re.M))
    assert {"holm1979", "efron1987", "zhang2020"} <= cited


def test_every_work_says_where_it_was_checked_or_that_nobody_did(study):
    known = yaml.safe_load((files("tidelab.report") / "works.yaml").read_text("utf-8"))
    assert all({"kind", "author", "title", "year"} <= set(work) for work in known.values())
    assert all(("source" in work) == ("read" in work) for work in known.values())
    assert sum("source" in work for work in known.values()) >= 15
    works = methods.bibtex(study)
    assert "% checked on search.r-project.org/CRAN/refmans/mutoss/html/holm.html, 2026-11-25\n@article{holm1979," in works
    assert "% unverified: written down from memory\n@inproceedings{bn2025," in works
    assert "source =" not in works


def test_every_key_that_a_method_can_cite_is_a_known_work():
    known = yaml.safe_load((files("tidelab.report") / "works.yaml").read_text("utf-8"))
    keys = (
        {*methods._ROBUST[1], *(key for _, _, some in methods._ASKED for key in some)}
        | set(methods._METRICS.values())
        | set(methods._PACKAGES.values())
    )
    assert keys <= set(known)


@pytest.mark.parametrize(
    ("question", "name", "key"),
    [
        ("learning_curves", "AICc", "hurvich1989"),
        ("systems", "Nemenyi", "nemenyi1963"),
        ("systems", "Conover", "conover1999"),
        ("systems", "Terry", "bradley1952"),
        ("systems", "estimating equations", "liang1986"),
        ("choices", "Terry", "bradley1952"),
        ("people_agree", "weighted kappa", "cohen1968"),
        ("people_agree", "McGraw", "mcgraw1996"),
    ],
)
def test_a_method_that_a_question_uses_is_named_and_its_work_is_cited(question, name, key, study):
    asked = dataclasses.replace(study, answers=[Told(question, "?", [], {"rows": [{"a": 1}]})])
    cited = [keys for sentence, keys in methods.sentences(asked) if name in sentence]
    assert any(key in keys for keys in cited)
    assert re.search(rf"^% unverified: written down from memory\n@\w+\{{{key},", methods.bibtex(asked), flags=re.M)


def test_robust_errors_are_told_only_where_an_answer_stands_on_them(study):
    def text(errors):
        told = Told("systems", "?", [], {"tests": [{"errors": errors}]})
        return methods.paragraph(dataclasses.replace(study, answers=[told]))

    assert "errors are robust to participants and items" in text("participants and items")
    assert "errors are robust" not in text("")


def test_the_methods_name_versions_and_the_hash_of_the_plan(study):
    text = methods.paragraph(study)
    for words in ("torch 2.13.0", "tidelab 0.1.0", "seed 7", study.preregistered[0], "15 personas"):
        assert words in text
    assert r"\cite" not in text


def test_every_system_is_among_those_compared(study):
    sheet = compared(study)
    assert [row[0].text for row in sheet.rows] == study.systems
    assert sheet.rows[-1][2].key == 2_950_000


def test_a_form_is_written_beside_the_page(run, experiment):
    (path,) = forms.write(run, experiment, "md")
    assert path == run.path / "report" / "report.md"
    assert [p.name for p in forms.write(run, experiment, "tex")] == ["report.tex", "methods.bib"]
    made = list((run.path / "report" / "figures").glob("*.pdf"))
    assert len(made) == run.done("report")["notes"]["figures"]
    assert all(p.read_bytes().startswith(b"%PDF") for p in made)
    text = (run.path / "report" / "report.tex").read_text("utf-8")
    included = re.findall(r"\\includegraphics\[[^]]*\]\{figures/([^}]*)\.pdf\}", text)
    assert {"gain-rehearsal-cosine", "ceiling-rehearsal-cosine", "which-sample"} <= set(included) <= {p.stem for p in made}
    assert path.read_text("utf-8").startswith("# What fine-tuning gained in “quick”")


def test_without_chromium_the_mend_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TidelabError, match="needs Chromium"):
        forms.pdf(tmp_path / "page.html", tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_a_browser_that_fails_is_no_pdf(tmp_path, monkeypatch):
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho out of memory >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(TidelabError, match="out of memory"):
        forms.pdf(tmp_path / "page.html", tmp_path / "report.pdf")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_the_pdf_holds_the_page(tmp_path):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["length"]})
    run = runs.make(tmp_path / "one", experiment, personas={"imported": 1})
    (path,) = forms.write(run, experiment, "pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(content) > 20_000
