import math

import pytest

from tidelab.report import numbers


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (0.41249, {}, "0.412"),
        (-0.0301, {"sign": True}, "−0.030"),
        (0.2, {"sign": True}, "+0.200"),
        (-0.0001, {"sign": True}, "0.000"),
        (1234.56, {"digits": 1}, "1,234.6"),
        (math.nan, {}, "–"),
        (None, {}, "–"),
    ],
)
def test_a_score_has_its_digits_a_real_minus_and_never_nan(value, options, text):
    assert numbers.score(value, **options) == text


def test_an_interval_without_ends_is_empty_and_signs_keep_its_ends_apart():
    assert numbers.interval(math.nan, math.nan) == ""
    assert numbers.interval(0.1, 0.2) == "0.100–0.200"
    assert numbers.interval(-0.1, 0.2) == "−0.100 to 0.200"


@pytest.mark.parametrize(("p", "text"), [(0.0004, "< .001"), (0.0316, ".032"), (1.0, "1"), (0.9999, "1"), (math.nan, "–")])
def test_p_values_never_show_as_zero(p, text):
    assert numbers.p_value(p) == text


@pytest.mark.parametrize(
    ("part", "text"), [(0.0, "0%"), (0.001, "0.1%"), (0.00001, "0.1%"), (0.9999, "99.9%"), (1.0, "100%"), (0.254, "25%")]
)
def test_a_share_is_all_or_nothing_only_if_it_is(part, text):
    assert numbers.share(part) == text


def test_sizes_and_times_read_as_people_say_them():
    assert [numbers.size(n) for n in (330_000, 2_950_000, 1_540_000_000, 0, None)] == ["330 k", "2.95 M", "1.54 B", "–", "–"]
    assert [numbers.seconds(s) for s in (0.42, 12, 200, 7500)] == ["0.4 s", "12 s", "3 min 20 s", "2 h 5 min"]
