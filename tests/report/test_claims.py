from dataclasses import replace

import polars as pl

from tidelab.report.claims import SUPPLEMENT, claims


def with_sources(study, source, nano):
    return replace(
        study,
        corpus=study.corpus.with_columns(source=pl.lit(source)),
        roster=study.roster.with_columns(nano=pl.lit(nano)),
    )


def test_nano_and_rehearsal_make_no_claim_about_models_people_or_the_paper(study):
    found = claims(study)
    told = " ".join(found.may_not)
    assert not found.testable
    assert "real models" in told
    assert "grammar" in told
    assert "no clinician has reviewed" in told
    assert "not testable here" in told
    assert "medical device" in SUPPLEMENT


def test_real_students_on_imported_conversations_may_be_compared_but_not_felt(study):
    found = claims(with_sources(study, "imported", False))
    told = " ".join(found.may_not)
    assert found.testable
    assert "compare" in " ".join(found.may)
    assert "nano" not in told
    assert "rehearsal" not in told
    assert "nobody rated" in told
    assert "human ratings: not testable here" in told


def test_a_single_nano_student_among_real_ones_keeps_the_paper_untestable(study):
    mixed = replace(with_sources(study, "imported", False), roster=study.roster.with_columns(nano=pl.col("student") == "nano-1m"))
    found = claims(mixed)
    assert not found.testable
    assert any("nano-1m is a nano student" in sentence for sentence in found.may_not)


def test_real_students_on_rehearsal_rows_test_no_claim(study):
    assert not claims(with_sources(study, "rehearsal", False)).testable
