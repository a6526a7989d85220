"""Where is the ceiling, in one figure: its four parts."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from tidelab.report.answers import Told
from tidelab.report.figures.whole import whole_panels

SIZES = (15, 30, 60, 120, 240)
WHERE = {"source": "rehearsal", "metric": "cosine"}


def curve(student, **changes):
    fitted = {"asymptote": 0.6, "asymptote_low": 0.57, "asymptote_high": 0.64, "scale": 1.0, "exponent": 0.6, "enough": 300.0}
    ends = {"enough_low": 200.0, "enough_high": 500.0, "identified": True, "verdict": "identified"}
    return WHERE | {"student": student} | fitted | ends | changes


NOT_YET = {"identified": False, "verdict": "not identified: not yet at its ceiling (the exponent lies at its bound)", "enough": 1e30}
POINTS = [
    WHERE | {"student": s, "rows": n, "seed": 1, "mean": 0.6 - n**-0.6, "n": 40} for s in ("nano-0.3m", "nano-1m", "nano-3m") for n in SIZES
]
CURVES = [
    curve("nano-0.3m"),
    curve("nano-1m", **NOT_YET),
    curve("nano-3m", **dict.fromkeys(("asymptote", "enough", "enough_low", "enough_high"), None), identified=False, verdict="shown"),
]
GAPS = [
    WHERE | {"student": "nano-0.3m", "share": 0.49, "low": 0.4, "high": 0.58, "gap": 0.5, "gap_low": 0.4, "gap_high": 0.6, "reason": ""},
    WHERE
    | {"student": "nano-1m", "share": None, "low": None, "high": None, "gap": 0.0, "gap_low": -0.1, "gap_high": 0.1}
    | {"reason": "the gap's own interval holds 0: a share of it means nothing"},
]
GAPS = [g | {"n": 40, "personas": 20} for g in GAPS]


@pytest.fixture
def whole(study):
    def make(points=POINTS, curves=CURVES, gaps=GAPS, fits=None):
        told = [
            Told("learning_curves", "?", [], {"points": points, "curves": curves}),
            Told("gap_closed", "?", [], {"gap_closed": gaps}),
        ]
        changed = replace(study, answers=told, fits=study.fits if fits is None else fits)
        return {p.kind: p for p in whole_panels(changed, "rehearsal", ["cosine"])}

    return make


def test_one_figure_holds_size_data_gap_and_enough_and_its_words_tell_all_four(whole):
    found = whole()
    assert list(found) == ["ceiling", "learn", "closed", "enough", "whole"]
    text = "".join(ET.fromstring(found["whole"].svg).itertext())
    for part in ("a. Cosine and size", "b. Cosine and data", "c. Gap closed, Cosine", "d. Enough data for Cosine"):
        assert part in text
    assert all(found[k].alt in found["whole"].alt for k in ("ceiling", "learn", "closed", "enough"))


def test_a_curve_that_levels_off_shows_its_asymptote_and_another_says_that_it_does_not_yet(whole):
    alt = whole()["learn"].alt
    assert "nano-0.3m levels off at 0.600 (0.570–0.640)" in alt
    assert "nano-1m 0.563 at 240, not yet at its ceiling" in alt


def test_an_undefined_share_is_written_and_not_drawn_as_a_number(whole):
    closed = whole()["closed"]
    assert "nano-0.3m 49% (40% to 58%)" in closed.alt
    assert "nano-1m undefined, the gap's own interval holds 0" in closed.alt
    assert ">undefined</text>" in closed.svg


def test_a_size_far_beyond_the_data_stands_at_the_edge_and_says_so(whole):
    enough = whole()["enough"]
    assert "nano-0.3m 300" in enough.alt
    assert "nano-1m over 15,360, its ceiling not identified" in enough.alt
    assert "nano-3m" not in enough.alt
    assert "mathdefault" not in enough.svg


def test_from_five_students_on_the_line_is_drawn_and_told(whole, study):
    fits = [{"source": "rehearsal", "metric": "cosine", "condition": "fine-tuned", "fitted": True, "slope": 0.05, "intercept": 0.1}]
    assert "fitted line: +0.050 for tenfold parameters" in whole(fits=fits)["ceiling"].alt
    assert "fitted line" not in whole()["ceiling"].alt


def test_one_size_of_data_and_no_top_leave_only_what_there_is(whole):
    found = whole(points=[p for p in POINTS if p["rows"] == 240], curves=[], gaps=[])
    assert list(found) == ["ceiling"]
