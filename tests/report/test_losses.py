import polars as pl

from tidelab.report.losses import MOST, flagged, quarantined, shown, unscored


def test_unscored_values_are_grouped_by_reason_with_replies_metrics_and_an_example(study):
    groups = unscored(study).to_dicts()
    assert {g["system_id"] for g in groups} == {"nano-0.3m@zero-shot", "nano-1m@zero-shot", "nano-3m@zero-shot"}
    for group in groups:
        assert group["replies"] == 1
        assert group["metrics"] == sorted(study.metrics)
        assert group["rows"] == len(study.metrics)
        assert group["example"] in set(study.test["conversation_id"])
    assert sum(g["rows"] for g in groups) == study.means["unscored"].sum()


def test_quarantine_and_flags_are_counted_with_an_example(study):
    (group,) = quarantined(study).to_dicts()
    assert (group["rows"], group["reason"]) == (37, "has no `chatbot`")
    assert group["where"].startswith("data.jsonl:")
    (flag,) = flagged(study).to_dicts()
    assert (flag["check"], flag["rows"]) == ("length", 1)


def test_many_groups_are_cut_and_the_rest_is_counted():
    groups = pl.DataFrame({"reason": [f"r{i}" for i in range(40)], "rows": [2] * 40})
    first, rest = shown(groups)
    assert len(first) == MOST
    assert rest == 2 * (40 - MOST)
