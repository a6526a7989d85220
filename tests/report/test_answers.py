import json

import pytest

from tests.report import runs
from tidelab.report import answers
from tidelab.report.answers import Told
from tidelab.report.figures.heat import heat_panels

CLAIM = {
    "claim": "Fine-tuning helps.",
    "asked": "greater than 0",
    "value": 0.2,
    "low": 0.1,
    "high": 0.3,
    "why": "w",
    "would_decide": "",
    "source": "us",
}


def told(rows):
    return Told("claims", "Do the claims hold?", [], {"claims": rows})


def test_verdicts_come_first_and_decided_ones_before_others():
    kinds = ["not testable here", "undecided", "supported", "contradicted"]
    rows = answers.verdicts([told([CLAIM | {"verdict": v} for v in kinds])])
    assert [r["verdict"] for r in rows] == ["supported", "contradicted", "undecided", "not testable here"]


def test_what_would_decide_a_claim_stands_beside_it():
    sheet = answers.claims_sheet([told([CLAIM | {"verdict": "undecided", "would_decide": "about 90 personas"}])])
    assert sheet is not None
    assert sheet.rows[0][3].plain == "0.200 (+0.100 to +0.300)"
    assert sheet.rows[0][4].sub == "would be decided by about 90 personas"
    assert answers.claims_sheet([]) is None


def test_a_cell_that_is_no_answer_is_left_to_the_page(tmp_path):
    assert answers.read(tmp_path) is None
    (tmp_path / "result.json").write_text(json.dumps({"settings": {}, "rows": [{"a": 1}]}))
    assert answers.read(tmp_path) is None


def test_a_long_table_is_cut_and_says_so():
    (sheet,) = Told("q", "?", [], {"rows": [{"a": i} for i in range(answers.MOST + 5)], "none": []}).sheets()
    assert len(sheet.rows) == answers.MOST
    assert sheet.notes == ["5 more rows in the run's tables."]


def test_the_page_of_a_run_tells_verdicts_reading_and_heat_map(html, study):
    header = html[: html.index("</header>")]
    assert header.index("not testable here") < header.index("Rehearsal conversations")
    assert "Fine-tuning generally improves small models." in header
    assert "For which scenarios does fine-tuning help?" in html
    asked = next(t for t in study.answers if t.question == "by_scenario")
    assert runs.html_of(asked.reading[0]) in html
    assert study.preregistered[0] in html


WHERE = {"source": "sample", "metric": "cosine", "dimension": "theme", "n": 9, "personas": 5, "reason": ""}
LEVELS = [
    WHERE | {"level": level, "student": s, "raw": v, "pooled": v, "low": v - 0.1, "high": v + 0.1}
    for s, level, v in [("a", "work", 0.3), ("a", "mood", -0.2), ("b", "work", 0.1), ("b", "mood", 0.0)]
]


def heat(rows):
    return heat_panels([Told("by_scenario", "?", [], {"levels": rows})], "sample", "cosine")


def test_a_heat_map_shows_each_gain_with_its_interval_and_its_sign_by_colour():
    (panel,) = heat(LEVELS)
    assert panel.name == "by_scenario-sample-cosine-theme"
    assert ">+0.300</text>" in panel.svg
    assert "−0.30 to −0.10" in panel.svg
    assert "#d55e00" in panel.svg
    assert "largest +0.300, a, work; smallest −0.200, a, mood" in panel.alt
    assert len(panel.data.rows) == 4


@pytest.mark.parametrize("rows", [[], LEVELS[:1], [r | {"pooled": None} for r in LEVELS]])
def test_nothing_to_compare_draws_nothing(rows):
    assert heat(rows) == []


def test_every_question_that_a_run_answers_says_how_to_read_it(study):
    assert {"means", "gains", "ceiling", "by_scenario", "claims"} <= {t.question for t in study.answers}
    assert [t.question for t in study.answers if not t.how and t.question not in ("learning_curves", "gap_closed")] == []


def test_means_gains_and_ceiling_are_told_in_words_with_how_to_read_them(html, study):
    told = {t.question: t for t in study.answers}
    for question in ("means", "gains", "ceiling", "learning_curves"):
        assert runs.html_of(told[question].reading[0]) in html
    for question in ("means", "gains", "ceiling"):
        assert runs.html_of(told[question].how) in html
    assert "Not asked: teacher@resample has no replies here" in html
    assert "Over students: " in html.replace("\n", " ")
