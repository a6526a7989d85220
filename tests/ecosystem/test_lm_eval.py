"""lm-evaluation-harness runs the task folder on a real model directory, and its numbers are those of `tide score` on the same replies."""

import json

import pytest

from tests.study import tide
from tidelab import ecosystem


@pytest.mark.slow
def test_the_harness_scores_as_tide_does(tiny_model, tmp_path, monkeypatch):
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tasks = TaskManager(include_path=str(ecosystem.LM_EVAL), include_defaults=False)
    found = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(tiny_model), "device": "cpu", "dtype": "float32"},
        tasks=["tidelab_empathy"],
        task_manager=tasks,
        apply_chat_template=True,
        limit=3,
        gen_kwargs={"max_gen_toks": 12},
        bootstrap_iters=0,
    )
    samples = found["samples"]["tidelab_empathy"]
    assert [s["doc"]["conversation_id"] for s in samples] == [c.conversation_id for c in ecosystem.conversations()[:3]]
    rows = [{"conversation_id": s["doc"]["conversation_id"], "text": s["filtered_resps"][0]} for s in samples]
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    words = ("--corpus", "sample", "--partial", "--metrics", ecosystem.METRICS, "--run", str(tmp_path / "run"), "--least-share", "0")
    code, out = tide("score", str(tmp_path / "replies.jsonl"), *words, "--json")
    assert code in (0, 3)
    ours = {e["metric"]: e["mean"] for e in json.loads(out)["scores"] if e.get("mean") is not None}
    assert {"cosine", "bertscore_f1", "rouge_l", "meteor", "length"} <= ours.keys()
    for name, mean in ours.items():
        assert found["results"]["tidelab_empathy"][f"{name},none"] == pytest.approx(mean, abs=1e-6), name


def test_the_task_names_every_part_of_the_metrics_that_its_scorer_gives():
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    document = yaml.load((ecosystem.LM_EVAL / "tidelab_empathy.yaml").read_text("utf-8"), Loader)
    given = ecosystem.scores("I can't sleep.", "It sounds hard.", "That sounds hard.", ecosystem.names(ecosystem.METRICS))
    assert [m["metric"] for m in document["metric_list"]] == list(given)
