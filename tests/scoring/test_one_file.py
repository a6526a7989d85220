"""The promise of docs/metrics: a metric is one new file, and then it has a name, cells and scores."""

import re
import sys
from pathlib import Path

import pytest

import tidelab.scoring
from tests.study import run_study, table
from tidelab.scoring import metric

PAGE = Path(__file__).parents[2] / "docs" / "metrics" / "README.md"


def test_the_metric_of_the_docs_works_as_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.S)
    assert code
    (tmp_path / "questions.py").write_text(code.group(1))
    monkeypatch.setattr(tidelab.scoring, "__path__", [*tidelab.scoring.__path__, str(tmp_path)])
    metric.metrics.cache_clear()
    try:
        sets = ("scoring.metrics=[questions]", "students=[{model: nano:0.3m, conditions: [zero-shot]}]", "corpus.limit=2")
        result = run_study(tmp_path / "run", *sets)
        assert result["exit"] == 0
        scores = table(tmp_path / "run", "scores/floor:echo/questions", "scores")
        assert scores["value"].is_not_nan().all() and scores["signature"][0] == "questions|v:1"
        assert "questions" in Path(result["report"]).read_text("utf-8").lower()
    finally:
        metric.metrics.cache_clear()
        sys.modules.pop("tidelab.scoring.questions", None)
