from tidelab.report.names import headline_metrics, label, marks, metric_note
from tidelab.scoring.metric import metrics


def test_every_metric_that_ships_has_its_own_note():
    for metric in metrics().values():
        for part in metric.parts:
            assert metric_note(part).label != part
            assert "docs/metrics" not in metric_note(part).blind


def test_a_metric_without_a_note_is_named_by_its_id():
    assert metric_note("novelty").label == "novelty"
    assert "docs/metrics" in metric_note("novelty").blind


def test_systems_are_named_by_student_and_condition_and_nano_is_marked():
    assert label("floor:nearest") == ("nearest", "floor")
    assert label("qwen@fine-tuned") == ("qwen", "fine-tuned")
    assert marks("a@zero-shot", {"a": True}) == ("nano",)
    assert marks("b@zero-shot", {"a": True}) == marks("floor:echo", {"a": True}) == ()


def test_the_headline_falls_back_to_all_metrics():
    assert headline_metrics(["length", "meteor", "cosine"]) == ["cosine", "meteor"]
    assert headline_metrics(["length"]) == ["length"]
