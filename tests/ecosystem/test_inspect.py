"""`inspect eval tidelab/empathy`: found by its name, and its scores are those of `tide score` on the same replies."""

import json
import math

import pytest

from tests.study import tide
from tidelab import ecosystem
from tidelab.errors import TidelabError

METRICS = "cosine,bertscore,rouge_l,meteor,length,factors,layering,safety"
SAID = [
    "It sounds heavy to carry that alone. It makes sense that you are tired of it. Would you like to say more?",
    "",
    "Try to breathe slowly. I hear how tired you are of the noise, and that you went all the same.",
    "Don't worry, everything will be fine.",
]


def evaluate(name, replies, **arguments):
    """The log of Inspect over the first conversations, each answered with a reply."""
    from inspect_ai import eval as run
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    outputs = [ModelOutput.from_content("m", text) for text in replies]
    for output in outputs:
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # else the mock counts them with a tokenizer of the net
    model = get_model("mockllm/model", custom_outputs=outputs)
    [log] = run(name, model=model, task_args=arguments, limit=len(replies), display="none", max_connections=1)
    assert log.status == "success", str(log.error)[:500]
    return log


@pytest.mark.slow
def test_inspect_finds_the_task_by_name_and_scores_as_tide_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = evaluate("tidelab/empathy", SAID, metrics=METRICS)
    theirs = {s.id: s for s in log.samples}
    asked = [c.conversation_id for c in ecosystem.conversations()[: len(SAID)]]
    assert sorted(theirs) == sorted(asked)
    said = {i: s.output.completion for i, s in theirs.items()}
    rows = [{"conversation_id": i, "system_id": "m", "text": text} for i, text in said.items()]
    (tmp_path / "replies.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    words = ("--corpus", "sample", "--partial", "--metrics", METRICS, "--run", str(tmp_path / "run"), "--least-share", "0", "--json")
    code, out = tide("score", str(tmp_path / "replies.jsonl"), *words)
    assert code in (0, 3)  # an empty reply among four is more than 1% unscored
    ours = {entry["metric"]: entry["mean"] for entry in json.loads(out)["scores"] if entry.get("mean") is not None}
    means = {s.name: s.metrics["mean"].value for s in log.results.scores}
    assert {"cosine", "bertscore_f1", "meteor", "emotion_recognition", "factors_layered", "false_reassurance"} <= ours.keys()
    for name, mean in ours.items():
        assert means[name] == pytest.approx(mean, abs=1e-6), name
    empty = next(theirs[i] for i, text in said.items() if not text)
    assert math.isnan(empty.scores["replies"].value["cosine"]) and "cosine: empty reply" in empty.scores["replies"].explanation


def test_the_person_is_asked_under_the_students_system_prompt():
    from tidelab.ecosystem.inspect_tasks import empathy
    from tidelab.students.messages import system_prompt

    first = next(iter(empathy().dataset))
    assert [m.role for m in first.input] == ["system", "user"]
    assert first.input[0].text == system_prompt() and first.input[1].text == ecosystem.conversations()[0].person


def test_a_metric_or_split_that_is_not_there_is_told():
    with pytest.raises(TidelabError, match="cosinus"):
        ecosystem.names("cosinus")
    with pytest.raises(TidelabError, match="no conversation of the split 'held-out'"):
        ecosystem.conversations("sample", "held-out")
