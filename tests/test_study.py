"""The whole study, as a user runs it: on the shipped data, on a user's data, with a user's model."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest

from tests.study import TINY, run_study, table, tide
from tidelab.corpus import personas, rehearsal, sample, scenarios
from tidelab.errors import TidelabError
from tidelab.experiment import FLOORS


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("study") / "tiny"
    assert run_study(run)["exit"] == 0
    return run


def conversations(personas_wanted: int, each: int) -> list[dict[str, str]]:
    """Rows as a user might have them: no ids, no scenario, only who said what."""
    people = personas.sample(personas_wanted, seed=5)
    written = [rehearsal.write(p, s, 5) for p in people for s in scenarios.choose(p, each, 5)]
    return [{"persona_id": c.persona_id, "person": c.person, "chatbot": c.chatbot} for c in written]


def test_every_system_has_every_table_and_sample_and_rehearsal_stay_apart(tiny: Path) -> None:
    means = table(tiny, "analysis/means", "means")
    systems = {*FLOORS, "nano-0.3m@zero-shot", "nano-0.3m@fine-tuned"}
    assert set(means["system_id"]) == systems and set(means["source"]) == {"sample", "rehearsal"}
    assert set(means["metric"]) == {"cosine", "bertscore_p", "bertscore_r", "bertscore_f1", "rouge_l", "meteor", "length", "distinct_2"}
    assert means.height == len(systems) * 2 * 8
    for system in systems:
        assert table(tiny, f"replies/{system}", "replies").height == 20, "the first ten test conversations of each source"


def test_floors_score_as_floors_must(tiny: Path) -> None:
    means = table(tiny, "analysis/means", "means").filter(pl.col("metric") == "cosine", pl.col("source") == "rehearsal")
    value = dict(means.select("system_id", "mean").iter_rows())
    assert value["floor:constant"] < value["floor:nearest"] < 1
    echo = table(tiny, "replies/floor:echo", "replies").join(table(tiny, "corpus/split", "conversations"), on="conversation_id")
    assert all(person.strip() in text for person, text in echo.select("person", "text").iter_rows())


def test_a_second_run_does_nothing_and_a_changed_setting_only_what_hangs_on_it(tiny: Path) -> None:
    assert run_study(tiny)["ran"] == []
    again = run_study(tiny, "analysis.resamples=400")["ran"]
    statistics = {f"analysis/{q}" for q in ("preregistration", "means", "gains", "ceiling", "gap_closed", "claims")}
    assert set(again) == {*statistics, "report"}
    assert set(run_study(tiny)["ran"]) == set(again), "back to the former setting"
    assert run_study(tiny, "limits.unscored_share=0.6")["ran"] == []


def test_the_plan_tells_what_is_done_and_touches_nothing(tiny: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in tiny.rglob("*")}
    code, output = tide("run", str(TINY), "--out", str(tiny), "--set", "scoring.metrics=[rouge_l, meteor]", "--plan", "--json")
    plan = json.loads(output)
    states = {cell["cell"]: cell["state"] for cell in plan["cells"]}
    assert code == 0 and states["scores/floor:echo/rouge_l"] == "done" and states["report"] == "changed"
    assert next(s for s in plan["settings"] if s["setting"] == "scoring.metrics")["origin"] == "--set"
    assert {p: p.stat().st_mtime_ns for p in tiny.rglob("*")} == before


def test_the_stage_verbs_work_on_a_run_from_any_directory(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in ("score", "analyse", "report"):
        code, output = tide(verb, "--run", str(tiny), "--json")
        assert code == 0 and json.loads(output)["ran"] == []


def test_prompts_can_be_seen_before_anything_runs() -> None:
    code, output = tide("run", "quick", "--show-prompts")
    assert code == 0 and sample.load()[2][0].person in output and "[system]" in output


def test_the_headline_and_the_reports_path_are_printed(tiny: Path) -> None:
    code, output = tide("run", str(TINY), "--out", str(tiny))
    assert code == 0 and "nano-0.3m" in output and "rehearsal" in output and str(tiny / "report" / "index.html") in output.replace("\n", "")


def test_more_unscored_rows_than_allowed_end_with_3_and_a_report(tiny: Path) -> None:
    result = run_study(tiny, "limits.unscored_share=0")
    assert result["exit"] == 3 and Path(result["report"]).exists() and result["incomplete"]["unscored"][0] > 0


def test_too_little_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TidelabError, match="GB are free"):
        tide("run", str(TINY), "--out", str(tmp_path / "run"), "--set", "limits.free_disk_gb=1000000000")
    assert not (tmp_path / "run").exists()


def tide_directory(folder: Path, rows: list[dict[str, str]]) -> Path:
    """TIDE's own form, one file of conversations and one of metadata per persona."""
    (folder / "conversations").mkdir(parents=True)
    (folder / "metadata").mkdir()
    people = sorted({r["persona_id"] for r in rows})
    for number, who in enumerate(people):
        mine = {
            f"conversation_{i}": {k: r[k] for k in ("person", "chatbot")} for i, r in enumerate(r for r in rows if r["persona_id"] == who)
        }
        (folder / "conversations" / f"{number}_conversation.json").write_text(json.dumps({"conversations": mine}))
        about = {"client_profile": {"age": 30 + number, "gender": "female"}, "trauma_info": {"type": f"type {number % 3}"}}
        (folder / "metadata" / f"{number}_metadata.json").write_text(json.dumps(about))
    return folder


@pytest.mark.parametrize("form", ["tide", "jsonl", "csv", "parquet"])
def test_the_study_runs_on_a_users_data_in_every_form(tmp_path: Path, form: str) -> None:
    rows = conversations(20, 2)
    data = tmp_path / f"data.{form}"
    if form == "tide":
        tide_directory(data, rows)
    elif form == "jsonl":
        data.write_text("\n".join(json.dumps(r) for r in rows))
    elif form == "csv":
        pl.DataFrame(rows).write_csv(data)
    else:
        pl.DataFrame(rows).write_parquet(data)
    run = tmp_path / "run"
    result = run_study(run, f"corpus.source={data}", "scoring.metrics=[rouge_l, cosine]")
    assert result["exit"] == 0 and set(table(run, "corpus/split", "conversations")["source"]) == {"imported"}
    assert set(table(run, "analysis/means", "means")["source"]) == {"imported"}
    page = Path(result["report"]).read_text("utf-8")
    assert "imported" in page
    moved = data.rename(tmp_path / f"moved.{form}") if form == "tide" else data
    assert run_study(run, f"corpus.source={moved}", "scoring.metrics=[rouge_l, cosine]")["ran"] == [], "a moved data set stays itself"


def test_of_ten_thousand_rows_of_which_37_lack_a_reply_9963_are_used(tmp_path: Path) -> None:
    rows = [
        {"persona_id": f"p{i // 20}", "person": f"This is message {i}, and I feel low.", "chatbot": f"Message {i} matters to me."}
        for i in range(10_000)
    ]
    for index in random.Random(1).sample(range(10_000), 37):
        rows[index]["chatbot"] = ""
    data = tmp_path / "data.jsonl"
    data.write_text("\n".join(json.dumps(r) for r in rows))
    code, output = tide("corpus", "check", str(data), "--json")
    found = json.loads(output)
    assert code == 3 and found["used"] == 9963 and found["quarantined"] == 37
    assert all(q["reason"] and q["where"] for q in found["quarantine"])
    run = tmp_path / "run"
    result = run_study(run, f"corpus.source={data}", "corpus.limit=4", "students=[{model: nano:0.3m, conditions: [zero-shot]}]")
    assert result["incomplete"]["quarantined"] == [37, 10_000]
    assert "37" in Path(result["report"]).read_text("utf-8")


def test_a_users_own_model_directory_is_taught_with_lora_and_answers(tmp_path: Path, tiny_model: Path) -> None:
    run = tmp_path / "run"
    sets = (
        f"students=[{tiny_model}]",
        "training.method=lora",
        "training.max_length=4096",
        "corpus.personas=12",
        "corpus.limit=2",
        "scoring.metrics=[rouge_l, cosine]",
    )
    result = run_study(run, *sets)
    assert result["exit"] == 0
    assert (run / "students" / f"{tiny_model.name}@fine-tuned" / "adapter_config.json").exists()
    assert table(run, "students/roster", "students")["nano"].to_list() == [False]
    assert {"floor:echo", f"{tiny_model.name}@fine-tuned"} <= set(table(run, "analysis/means", "means")["system_id"])
    assert run_study(run, *sets)["ran"] == []
    weights = next(tiny_model.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert f"replies/{tiny_model.name}@zero-shot" in run_study(run, *sets)["ran"], "other weights are another student"


@pytest.mark.parametrize("what", ["no/such/data", "", "/dev/null"])
def test_a_source_that_is_no_data_set_is_the_users_to_mend(tmp_path: Path, what: str) -> None:
    with pytest.raises(TidelabError) as caught:
        tide("run", str(TINY), "--out", str(tmp_path / "run"), "--set", f"corpus.source='{what}'")
    assert caught.value.mend
