"""The page to explore draws in a real browser without the network, and holds every scored reply."""

import json
import re

import pytest

from tests.report import runs
from tidelab.report import explore, forms


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    experiment = runs.experiment(students=["nano:1m"], scoring={"metrics": ["cosine", "rouge_l"]}, analysis={"resamples": 200})
    hostile = "</script><script>document.title='taken'</script>"
    texts = (hostile, "A reply.", hostile)
    run = runs.make(tmp_path_factory.mktemp("explore") / "run", experiment, personas={"rehearsal": 4, "sample": 2}, texts=texts)
    return run, experiment, forms.write(run, experiment, "explore")[0]


def test_it_draws_without_asking_anybody_and_without_a_complaint(made, browser):
    _, _, path = made
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-drawn=yes]", timeout=20_000)
    assert asked == [path.as_uri()] and said == []
    assert page.locator("canvas").count() == 1 and page.locator(".vega-bind select").count() >= 3
    page.select_option("select[name=up]", "rouge_l")
    assert said == [] and "taken" not in page.title()
    page.close()


def test_each_scored_reply_is_a_point_and_nano_is_marked(made):
    run, experiment, path = made
    study = runs.study(run, experiment)
    rows, left_out = explore.points(study)
    assert left_out == 0 and len(rows) == study.scores.select("conversation_id", "system_id").unique().height
    assert {r["system"] for r in rows} >= {"nano-1m fine-tuned [nano]", "constant floor"}
    spec = json.loads(re.search(r'id="spec">(.*?)</script>', path.read_text("utf-8"))[1])
    assert any(len(values) == len(rows) for values in [spec.get("data", {}).get("values", []), *spec.get("datasets", {}).values()])


def test_beyond_the_most_points_whole_conversations_are_left_out(made, monkeypatch):
    run, experiment, _ = made
    study = runs.study(run, experiment)
    monkeypatch.setattr(explore, "MOST", 4 * len(study.systems))
    rows, left_out = explore.points(study)
    assert len({r["conversation_id"] for r in rows}) == 4 and len(rows) == 4 * len(study.systems) and left_out > 0


def test_without_altair_the_mend_is_told(made, monkeypatch):
    import sys

    from tidelab.errors import TidelabError

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    run, experiment, _ = made
    with pytest.raises(TidelabError) as refused:
        forms.write(run, experiment, "explore")
    assert "tidelab[explore]" in refused.value.mend
