import numpy as np
import pytest

from tidelab.analysis.bradley_terry import bradley_terry, choices_of, differ, interval


def play(wins):
    """Choices out of a matrix of wins; each choice by a participant of its own."""
    first, second = np.nonzero(np.ones_like(wins))
    first, second = np.repeat(first, wins.ravel()), np.repeat(second, wins.ravel())
    return first, second, np.ones(len(first)), np.arange(len(first))


def test_two_systems_have_the_log_odds_of_their_wins():
    found = bradley_terry(*(play(np.array([[0, 30], [10, 0]]))[:3]), ["a", "b"], np.arange(40))
    assert found.strengths == pytest.approx([np.log(3) / 2, -np.log(3) / 2])


def test_the_american_league_of_1987_comes_out_as_published():
    # Agresti, Categorical Data Analysis (2002), table 10.10: Milwaukee 1.58, Detroit 1.44, Toronto 1.29, New York 1.25, Boston 1.11,
    # Cleveland 0.68, each against Baltimore.
    wins = np.array(
        [
            [0, 7, 9, 7, 7, 9, 11],
            [6, 0, 7, 5, 11, 9, 9],
            [4, 6, 0, 7, 7, 8, 12],
            [6, 8, 6, 0, 6, 7, 10],
            [6, 2, 6, 7, 0, 7, 12],
            [4, 4, 5, 6, 6, 0, 6],
            [2, 4, 1, 3, 1, 7, 0],
        ]
    )
    first, second, outcome, clusters = play(wins)
    found = bradley_terry(first, second, outcome, list("abcdefg"), clusters)
    assert found.strengths[:6] - found.strengths[6] == pytest.approx([1.58, 1.44, 1.29, 1.25, 1.11, 0.68], abs=0.006)


def test_a_system_that_wins_always_has_no_finite_strength_and_is_named():
    found = bradley_terry(*(play(np.array([[0, 3, 4], [0, 0, 2], [0, 1, 0]]))[:3]), list("abc"), np.arange(10))
    assert np.isnan(found.strengths).all()
    assert "a: win or lose every choice" in found.reason


def test_ties_count_half_for_each():
    found = bradley_terry(np.zeros(8, int), np.ones(8, int), np.array([1, 0, 0.5, 0.5, 0.5, 0.5, 1, 0]), ["a", "b"], np.arange(8))
    assert found.ties == 4
    assert found.strengths == pytest.approx([0, 0], abs=1e-9)


def test_choices_of_one_participant_do_not_narrow_the_interval():
    first, second, outcome, _ = play(np.array([[0, 30], [20, 0]]))
    alone = bradley_terry(first, second, outcome, ["a", "b"], np.arange(50))
    doubled = bradley_terry(*(np.tile(a, 4) for a in (first, second, outcome)), ["a", "b"], np.tile(np.arange(50), 4))
    assert differ(doubled) == pytest.approx(differ(alone), rel=1e-6)
    assert differ(alone)[1:3] == (1, 49)
    assert interval(doubled, 0, 0.95) == pytest.approx(interval(alone, 0, 0.95), rel=1e-6)
    assert "no interval" in bradley_terry(first, second, outcome, ["a", "b"], np.zeros(50, int)).reason


def test_ratings_imply_choices_within_a_row_and_gaps_imply_none():
    first, second, outcome, clusters = choices_of(np.array([[5, 3, np.nan], [2, 2, 4]]), np.array([7, 8]))
    assert list(zip(first, second, outcome, clusters, strict=True)) == [(0, 1, 1, 7), (0, 1, 0.5, 8), (0, 2, 0, 8), (1, 2, 0, 8)]


def test_no_choice_is_said():
    empty = np.zeros(0, int)
    assert "no choice" in bradley_terry(empty, empty, np.zeros(0), list("abc"), empty).reason
