import math
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest

from tidelab.report.figures.ceiling import ceiling_panels
from tidelab.report.figures.curves import curve_panels
from tidelab.report.figures.gain import gain_panels
from tidelab.report.page import panels


def test_every_figure_is_the_same_byte_for_byte_and_is_xml_without_anything_from_outside(study):
    first, second = panels(study), panels(study)
    assert first == second
    assert len({p.name for p in first}) == len(first)
    for panel in first:
        ET.fromstring(panel.svg)
        assert "<dc:date>" not in panel.svg
        assert not re.search(r'(href|src)="(?!#)', panel.svg)


def test_text_stays_text_and_the_alt_text_tells_the_numbers(study):
    (panel,) = gain_panels(study.gains, "rehearsal", ["cosine"])
    assert ">nano-3m</text>" in panel.svg
    gain = study.gains.filter(pl.col("source") == "rehearsal", pl.col("metric") == "cosine", pl.col("student") == "nano-3m").to_dicts()[0]
    assert f"nano-3m +{gain['difference']:.3f}" in panel.alt


def test_inlined_figures_share_no_id_and_follow_the_pages_colours(study):
    inline = [p.inline for p in panels(study)]
    ids = [i for text in inline for i in re.findall(r'\bid="([^"]+)"', text)]
    assert len(ids) == len(set(ids))
    for text in inline:
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', text)) <= set(re.findall(r'\bid="([^"]+)"', text))
        assert "var(--fig-ink)" in text or "var(--fig-muted)" in text
        assert not re.search(r"#[0-9a-fA-F]{6}\b", text)


@pytest.mark.parametrize("name", ["a<script>alert(1)</script>", "$x_1$ & y", "a" * 80])
def test_a_hostile_or_odd_student_name_is_drawn_as_it_stands(study, name):
    gains = study.gains.with_columns(student=pl.lit(name))
    for panel in gain_panels(gains, "rehearsal", ["cosine"]):
        assert "<script" not in panel.svg
        assert name[:23] in "".join(ET.fromstring(panel.svg).itertext())
        assert name in panel.alt


def test_unscored_means_and_differences_are_left_out_of_the_lines_and_named(study):
    gains = study.gains.with_columns([pl.lit(math.nan).alias(c) for c in ("difference", "low", "high")])
    assert "no pair scored" in gain_panels(gains, "rehearsal", ["cosine"])[0].alt
    assert ceiling_panels(study.ceiling.with_columns(mean=pl.lit(math.nan)), [], "rehearsal", ["cosine"]) == []


def test_floors_that_run_together_are_named_apart(study):
    together = study.ceiling.with_columns(mean=pl.when(pl.col("kind") == "floor").then(0.4).otherwise(pl.col("mean")))
    (panel,) = ceiling_panels(together, [], "rehearsal", ["cosine"])
    heights = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:constant|echo|nearest)</text>', panel.svg)]
    heights = heights or [float(y) for y in re.findall(r"translate\([\d.]+ ([\d.]+)\)[^>]*>(?:constant|echo|nearest)</text>", panel.svg)]
    assert len(heights) == 3
    gaps = [abs(a - b) for a, b in zip(sorted(heights), sorted(heights)[1:], strict=False)]
    assert min(gaps) > 9  # a line of text is about 10 units high


def test_a_curve_of_a_single_point_is_not_drawn(study):
    curve = study.curves["nano-1m"]
    assert len(curve_panels({"a": curve, "b": curve.head(1), "c": curve.clear()})) == 1
    (panel,) = curve_panels({"a": curve.with_columns(eval_loss=pl.lit(math.nan))})
    assert "validation" not in panel.alt
