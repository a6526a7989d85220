from dataclasses import replace

import polars as pl

from tidelab.report.failures import COPIED, CUT, EMPTY, NO_REPLY, counted, failures


def changed(study, system_id, conversation_id, **values):
    here = (pl.col("system_id") == system_id) & (pl.col("conversation_id") == conversation_id)
    columns = [pl.when(here).then(pl.lit(v)).otherwise(pl.col(k)).alias(k) for k, v in values.items()]
    return replace(study, replies=study.replies.with_columns(columns))


def test_each_way_to_fail_is_named(study):
    taught = study.corpus.filter(pl.col("split") == "train")["chatbot"][0]
    one, two = study.test["conversation_id"].sort()[5:7]
    spoilt = changed(study, "nano-1m@fine-tuned", one, text=f" {taught}\n")
    spoilt = changed(spoilt, "nano-1m@fine-tuned", two, text="  ")
    spoilt = changed(spoilt, "floor:nearest", one, text=taught)
    found = failures(spoilt)
    assert COPIED in found[one, "nano-1m@fine-tuned"]
    assert found[two, "nano-1m@fine-tuned"] == (EMPTY,)
    assert (one, "floor:nearest") not in found  # giving a training reply is what that floor does


def test_cut_and_missing_replies_are_counted_by_system(study):
    sheet = counted(study, failures(study))
    at = {name: sheet.columns.index(name.capitalize()) for name in (NO_REPLY, CUT)}
    rows = {row[0].text: row for row in sheet.rows}
    assert rows["nano-1m@zero-shot"][at[NO_REPLY]].text == "1"
    expected = study.replies.filter(pl.col("system_id") == "nano-1m@zero-shot", pl.col("stop_reason") == "length").height
    assert rows["nano-1m@zero-shot"][at[CUT]].key == expected > 0
    assert rows["nano-1m@fine-tuned"][at[NO_REPLY]].text == "0"


def test_a_broken_safety_axis_is_a_failure_in_words(study):
    row = study.scores.head(1).with_columns(metric=pl.lit("memory_as_live"), value=pl.lit(1.0))
    found = failures(replace(study, scores=pl.concat([study.scores, row])))
    assert "memory as live" in found[row["conversation_id"][0], row["system_id"][0]]
    kept = row.with_columns(value=pl.lit(0.0))
    assert failures(replace(study, scores=pl.concat([study.scores, kept]))) == failures(study)
