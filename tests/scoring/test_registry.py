import math
import sys
from pathlib import Path

import pytest

from tidelab.errors import TidelabError
from tidelab.scoring import metric as registry
from tidelab.scoring.metric import Metric, Unscored, metric, metrics
from tidelab.scoring.shared import Batch, Shared

PAGES = Path(__file__).parents[2] / "docs/metrics"


def test_each_module_with_a_metric_is_found_by_its_name():
    own = {"bertscore", "bleu", "chrf", "copying", "cosine", "distinct_2", "distinct_n", "emotion_words", "length", "mauve", "meteor"}
    assert set(metrics()) == own | {"readability", "rouge_l", "rouge_lsum", "rouge_n", "self_repetition", "factors", "layering", "safety"}
    assert list(metrics()) == sorted(metrics())


def test_a_new_file_alone_makes_a_metric_that_can_be_used_by_name(tmp_path, monkeypatch):
    import tidelab.scoring as package

    (tmp_path / "shouting.py").write_text(
        "from tidelab.scoring.metric import Metric\n"
        "METRIC = Metric(name='shouting', score=lambda b: {'shouting': [float(r.isupper()) for r in b.replies]}, bounds=(0.0, 1.0))\n"
    )
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry.metrics.cache_clear()
    try:
        assert metric("shouting").score(Batch([""], [""], ["HEY"], Shared("none"))) == {"shouting": [1.0]}
    finally:
        registry.metrics.cache_clear()


@pytest.mark.parametrize(
    ("wrong", "right"), [("rouge-l", "rouge_l"), ("ROUGE_L", "rouge_l"), ("bert_score", "bertscore"), ("meteo", "meteor")]
)
def test_an_unknown_metric_is_the_users_to_mend_with_the_nearest_name(wrong, right):
    with pytest.raises(TidelabError, match="unknown metric") as error:
        metric(wrong)
    assert f"did you mean `{right}`?" in error.value.mend
    assert error.value.where == "scoring.metrics"


def test_a_name_that_resembles_none_is_answered_with_all_names():
    with pytest.raises(TidelabError) as error:
        metric("qqq")
    assert "did you mean" not in error.value.mend
    assert "cosine, distinct_2" in error.value.mend


@pytest.mark.parametrize("found", metrics().values(), ids=list(metrics()))
def test_each_metric_gives_its_parts_in_bounds_or_a_reason_for_every_row_even_for_odd_texts(found: Metric, odd):
    texts = [*odd, ""]
    batch = Batch(texts, ["ok then", *texts[1:]], texts, Shared("all-MiniLM-L6-v2"))
    scored = found.values(batch)
    assert tuple(scored) == (found.parts if found.per_reply else ())
    for values in scored.values():
        assert len(values) == len(texts)
        for value in values:
            assert value.reason if isinstance(value, Unscored) else found.bounds[0] - 1e-6 <= value <= found.bounds[1] + 1e-6
            assert isinstance(value, Unscored) or not math.isnan(value)


@pytest.mark.parametrize("found", metrics().values(), ids=list(metrics()))
def test_each_metric_signs_with_its_part_and_version_and_has_a_page_that_shows_the_signature(found: Metric):
    shared = Shared("all-MiniLM-L6-v2")
    page = (PAGES / f"{found.name}.md").read_text("utf-8")
    for part in found.parts:
        signature = found.sign(part, shared)
        assert signature.startswith(f"{part}|")
        assert signature.endswith(f"|v:{found.version}")
    assert signature in page
    assert "## What it can't see" in page


def test_references_are_worked_on_once_for_all_systems_and_replies_once_per_system():
    worked = []

    def work(texts):
        worked.append(list(texts))
        return [len(t) for t in texts]

    shared = Shared("none")
    for system, replies in (("a", ["x"]), ("a", ["x"]), ("b", ["y"]), ("a", ["x"])):
        shared.begin(system)
        batch = Batch(["p"], ["r"], replies, shared)
        assert batch.of_references(work) == [1]
        assert batch.of_replies(work) == [1]
    assert worked == [["r"], ["x"], ["y"], ["x"]]


def test_a_full_memo_keeps_what_it_holds_stays_within_its_limit_and_still_answers():
    worked = []

    def work(texts):
        worked.append(texts[0])
        return ["w" * 10] * 40

    size = sys.getsizeof(work(["?"])) + 40 * sys.getsizeof("w" * 10)
    worked.clear()
    memo = Shared("none", limit=2 * size).references
    for _ in range(3):
        for text in "abcdef":
            assert memo.get(work, [text]) == ["w" * 10] * 40
    assert memo.bytes == 2 * size
    assert "".join(worked) == "abcdef" + "cdef" + "cdef"
