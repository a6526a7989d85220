"""Who sees what: balanced, counterbalanced, the same for the same log, and still so when people stop."""

import itertools
import random
from collections import Counter, deque
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.study_room.studies import THEMES, design
from tidelab.study.assign import Place, assign, block_of, groups, showings
from tidelab.study.blocks import deck
from tidelab.study.design import Design
from tidelab.study.williams import williams
from tidelab.web.database import now

NOW = now()
LATER = NOW + timedelta(hours=1)


def study(items=10, systems=4, per=(5, 4), seed=7):
    names = {"items": [f"c{i:03}" for i in range(items)], "systems": [f"s{i}" for i in range(systems)]}
    return Design.model_validate(design().model_dump() | names | {"per_participant": {"items": per[0], "systems": per[1]}, "seed": seed})


def themes(made):
    return {item: THEMES[i % 3] for i, item in enumerate(made.items)}


def arms(made, forms):
    counts = Counter({(i, s): 0 for i in made.items for s in made.systems})
    for form in forms:
        counts.update((p.conversation_id, p.system_id) for p in showings(made, form, themes=themes(made), left_out=(), seen={}))
    return counts


def place(form, *, done, until=LATER):
    return Place(form.group, form.block, form.row, until, done)


@pytest.mark.parametrize("size", range(1, 9))
def test_a_williams_design_puts_each_thing_in_each_place_and_after_each_other_equally_often(size):
    rows = williams(size)
    assert len(rows) == (size if size % 2 == 0 or size == 1 else 2 * size)
    assert all(sorted(row) == list(range(size)) for row in rows)
    for column in zip(*rows, strict=True):
        assert len(set(Counter(column).values())) == 1
    follows = Counter(pair for row in rows for pair in itertools.pairwise(row))
    assert len(follows) == size * (size - 1) and len(set(follows.values())) <= 1


@given(st.integers(1, 11).flatmap(lambda s: st.tuples(st.just(s), st.integers(1, min(s, 6)))))
@settings(max_examples=40, deadline=None)
def test_after_any_number_of_blocks_two_systems_differ_by_one_use_at_most(shape):
    systems, size = shape
    used, pairs = [0] * systems, Counter()
    for block in deck(systems, size):
        assert len(set(block)) == size
        for system in block:
            used[system] += 1
        pairs.update(itertools.combinations(block, 2))
        assert max(used) - min(used) <= 1
    if size > 1 and systems > size:
        assert len(pairs) == systems * (systems - 1) / 2 and max(pairs.values()) - min(pairs.values()) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(10, 4, (5, 4)), (20, 8, (5, 4)), (12, 2, (3, 2))])
def test_5000_sessions_one_after_the_other_leave_no_two_arms_further_apart_than_one(shape):
    items, systems, per = shape
    made = study(items, systems, per)
    log, counts, forms, group = [], Counter({(i, s): 0 for i in made.items for s in made.systems}), Counter(), Counter()
    for number in range(5000 if shape == (10, 4, (5, 4)) else 700):
        form = assign(made, log, NOW)
        log.append(place(form, done=True))
        forms[form.group, form.block, form.row] += 1
        group[form.group] += 1
        counts.update((p.conversation_id, p.system_id) for p in showings(made, form, themes=themes(made), left_out=(), seen={}))
        if number % 7 == 0:
            assert max(counts.values()) - min(counts.values()) <= 1
    assert max(forms.values()) - min(forms.values()) <= 1
    assert max(group.values()) - min(group.values()) <= 1


def test_places_held_at_once_leave_no_two_arms_further_apart_than_one():
    made, draw = study(), random.Random(3)
    log, open_places, finished = [], deque(), 0
    while finished < 120:
        if len(open_places) < 40 and draw.random() < 0.6:
            log.append(place(assign(made, log, NOW), done=False))
            open_places.append(len(log) - 1)
            live = arms(made, [form_of(p) for p in log])
            assert max(live.values()) - min(live.values()) <= 1
        elif open_places:
            at = open_places[draw.randrange(len(open_places))]
            open_places.remove(at)
            log[at] = Place(log[at].group, log[at].block, log[at].row, LATER, True)
            finished += 1


def form_of(p):
    from tidelab.study.assign import Form

    return Form(p.group, p.block, p.row, 0)


def test_places_of_those_who_stop_are_given_away_again_after_their_time():
    made = study()
    log = [place(assign(made, [], NOW), done=False, until=NOW + timedelta(minutes=5))]
    first = log[0]
    held = assign(made, log, NOW)
    assert (held.group, held.block, held.row) != (first.group, first.block, first.row)
    free = assign(made, log, NOW + timedelta(minutes=6))
    assert (free.group, free.block, free.row) == (first.group, first.block, first.row)


def test_who_completes_after_the_time_still_counts():
    made = study()
    form = assign(made, [], NOW)
    late = [place(form, done=True, until=NOW - timedelta(hours=3))]
    assert assign(made, late, NOW).group != form.group


def test_with_a_third_of_people_stopping_the_completed_sessions_come_out_even():
    made, draw, log = study(), random.Random(5), []
    for _ in range(600):
        form = assign(made, log, NOW)
        log.append(place(form, done=draw.random() > 0.33, until=NOW - timedelta(seconds=1)))
    done = arms(made, [form_of(p) for p in log if p.completed])
    assert max(done.values()) - min(done.values()) <= 1


def test_same_seed_and_log_same_assignment_and_another_seed_another():
    made, log, forms = study(), [], []
    for _ in range(30):
        form = assign(made, log, NOW)
        assert form == assign(made, list(log), NOW)
        forms.append(form)
        log.append(place(form, done=True))
    pages = [showings(made, f, themes=themes(made), left_out=(), seen={}) for f in forms]
    assert pages == [showings(made, f, themes=themes(made), left_out=(), seen={}) for f in forms]
    assert groups(made) != groups(study(seed=8))


def test_each_conversation_is_read_with_each_order_equally_often():
    made, log = study(), []
    for _ in range(8 * 5):
        log.append(place(assign(made, log, NOW), done=True))
    first = Counter()
    for p in log:
        for page in showings(made, form_of(p), themes=themes(made), left_out=(), seen={}):
            first[page.conversation_id, page.system_id, page.reply] += 1
    assert len(set(first.values())) == 1 and len(first) == 10 * 4 * 4


def test_a_block_is_a_part_of_the_systems_and_the_groups_begin_elsewhere():
    made = study(20, 8, (5, 4))
    form = assign(made, [], NOW)
    other = assign(made, [place(form, done=True)], NOW)
    assert len(set(block_of(made, form))) == 4
    assert not set(block_of(made, form)) & set(block_of(made, other))


@given(st.sets(st.sampled_from(THEMES)))
def test_topics_left_out_are_never_shown_and_replaced_as_far_as_there_are_others(left_out):
    made = study()
    known = themes(made)
    pages = showings(made, assign(made, [], NOW), themes=known, left_out=left_out, seen={made.items[0]: 9})
    assert not {known[p.conversation_id] for p in pages} & left_out
    others = [i for i in made.items if known[i] not in left_out]
    assert len({p.conversation_id for p in pages}) == min(5, len(others))
    for item, replies in itertools.groupby(pages, key=lambda p: p.item):
        replies = list(replies)
        assert [r.reply for r in replies] == [1, 2, 3, 4] and len({r.system_id for r in replies}) == 4, item


@pytest.mark.parametrize(("items", "parts", "rounds"), [(10, 2, 1), (13, 13, 5), (12, 12, 5), (18, 18, 5), (15, 3, 1), (6, 6, 5)])
def test_each_item_is_in_as_many_groups_as_each_other_one(items, parts, rounds):
    made = study(items)
    found = groups(made)
    assert len(found) == parts and all(len(set(p)) == 5 for p in found)
    assert Counter(i for p in found for i in p) == dict.fromkeys(made.items, rounds)


@pytest.mark.parametrize(("shape", "apart"), [((18, 4, (5, 4)), 1), ((13, 4, (5, 4)), 1), ((6, 2, (5, 2)), 1), ((18, 8, (5, 4)), 6)])
def test_items_that_do_not_come_out_even_are_rated_equally_often_all_the_same(shape, apart):
    made = study(*shape)
    log, counts, seen = [], Counter({(i, s): 0 for i in made.items for s in made.systems}), Counter(dict.fromkeys(made.items, 0))
    for _ in range(200):
        form = assign(made, log, NOW)
        log.append(place(form, done=True))
        pages = showings(made, form, themes=themes(made), left_out=(), seen={})
        counts.update((p.conversation_id, p.system_id) for p in pages)
        seen.update({p.conversation_id for p in pages})
        assert max(seen.values()) - min(seen.values()) <= 1
        assert max(counts.values()) - min(counts.values()) <= apart


def test_with_a_third_of_people_stopping_uneven_items_stay_as_near_as_their_groups():
    made, draw, log = study(13), random.Random(5), []
    for _ in range(500):
        log.append(place(assign(made, log, NOW), done=draw.random() > 0.33, until=NOW - timedelta(seconds=1)))
    done = arms(made, [form_of(p) for p in log if p.completed])
    assert max(done.values()) - min(done.values()) <= 5, "an item is in five groups, and two groups differ by one"
