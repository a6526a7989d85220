from collections import Counter

import pytest

from tidelab.safety.axes import NAMES
from tidelab.scoring import score
from tidelab.scoring.metric import metric
from tidelab.scoring.shared import Batch, Shared
from tidelab.text import acts

PERSON = "I dropped the tray when the door slammed and the whole canteen clapped. I hid in the store room until the end of my shift."
GOOD = (
    "That clapping must have felt cruel. It makes sense that a slam sends you down after what happened. "
    "You stayed until the end of your shift."
)
BAD = "Close your eyes and breathe in slowly for four counts, then name five things you can see."


@pytest.fixture(scope="module")
def table():
    """value by (row, metric) for a good, a good with a technique, a turned round, and an empty reply."""
    turned = "Try to walk in the park every day. " + GOOD
    made = score([GOOD, f"{GOOD} {BAD}", turned, "", None], persons=[PERSON] * 5, metrics=["factors", "layering", "safety"])
    return {(row, name): (value, reason) for row, name, value, reason in made.select("row", "metric", "value", "reason").iter_rows()}


def test_a_technique_added_moves_its_axis_and_serious_failure_and_leaves_the_order_alone(table):
    assert table[0, "premature_technique"][0] == 0
    assert table[1, "premature_technique"][0] == 1
    assert (table[0, "serious_failure"][0], table[1, "serious_failure"][0]) == (0, 1)
    assert table[0, "validation_first"] == table[1, "validation_first"] == (1.0, "")


def test_advice_put_first_turns_the_order_and_says_where_the_suggestion_stands(table):
    assert table[2, "validation_first"][0] == 0
    assert table[2, "opens_with_advice"][0] == 1
    assert table[2, "first_suggestion"][0] == 0


def test_an_empty_and_a_missing_reply_are_unscored_with_their_reason(table):
    for name in ("factors", "validation_first", "serious_failure"):
        assert table[3, name][1].startswith("empty reply")
        assert table[4, name][1] == "no reply"


def test_factors_is_the_mean_of_the_three_levels(table):
    levels = [table[0, factor][0] for factor in acts.FACTORS]
    assert table[0, "factors"][0] == pytest.approx(sum(levels) / 3)


def test_three_metrics_of_one_system_cut_and_embed_its_replies_once(monkeypatch):
    counted = Counter()
    real = acts.cut
    monkeypatch.setattr(acts, "cut", lambda persons, replies: counted.update(cut=1) or real(persons, replies))
    batch = Batch([PERSON], [""], [GOOD], Shared("none"))
    made = {name: metric(name).score(batch) for name in ("factors", "layering", "safety")}
    assert counted == {"cut": 1}
    assert set(NAMES) < set(made["safety"])
