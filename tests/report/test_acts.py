"""The factors marked in the gallery's texts."""

from dataclasses import replace

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.report import runs
from tidelab.report.acts import REFERENCE, marked, pieces, spans
from tidelab.report.gallery import LONGEST, plain, readings


@given(st.text(max_size=60), st.lists(st.integers(0, 60), max_size=8, unique=True))
def test_pieces_joined_are_the_text(text, places):
    cuts = sorted(p for p in places if p <= len(text))
    some = [(a, b, "f") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    assert "".join(words for words, _ in pieces(text, some)) == text
    assert [words for words, factor in pieces(text, some) if factor] == [text[a:b] for a, b, _ in some]


def test_each_mark_is_a_sentence_of_the_text_that_is_shown(study):
    table = study.marked
    assert set(table["factor"]) <= {"emotion_recognition", "distress_normalization", "supportive_reflection"}
    assert REFERENCE in set(table["system_id"])
    shown = {(c, REFERENCE): plain(t) for c, t in study.test.select("conversation_id", "chatbot").iter_rows()}
    shown |= {(c, s): plain(t or "") for c, s, t in study.replies.select("conversation_id", "system_id", "text").iter_rows()}
    for key, some in spans(table).items():
        assert some == sorted(some)
        assert all(shown[key][a:b].strip() == shown[key][a:b] != "" for a, b, _ in some)


def test_the_page_marks_the_words_and_names_the_factor_to_those_who_listen(html, study):
    conversation_id, system_id, start, end, factor = study.marked.row(0)
    assert system_id == REFERENCE
    text = study.test.filter(pl.col("conversation_id") == conversation_id)["chatbot"].item()
    words = runs.html_of(plain(text)[start:end])
    assert f'<mark class="{factor}"><span class="unseen">[{factor.replace("_", " ")}:] </span>{words}</mark>' in html


def test_a_reply_without_text_and_one_that_is_too_long_bear_no_mark_they_should_not(study):
    (first, *_), reply = study.test["conversation_id"].to_list(), "I hear how frightening that night was for you. "
    replies = study.replies.with_columns(
        text=pl.when(pl.col("system_id") == "floor:echo").then(None).otherwise(pl.lit(reply * 100))
    ).filter(pl.col("conversation_id") == first, pl.col("system_id").is_in(["floor:echo", "floor:constant"]))
    table = marked(replace(study, replies=replies), [first])
    assert "floor:echo" not in set(table["system_id"])
    assert table.filter(pl.col("system_id") == "floor:constant")["end"].max() <= LONGEST


def test_a_run_from_before_there_were_marks_still_shows_its_texts(study):
    (read, *_) = readings(replace(study, marked=None), {})
    assert all(factor == "" for said in read.students for _, factor in said.text)
    assert "".join(words for words, _ in read.reference) == plain(
        study.test.filter(pl.col("conversation_id") == read.conversation_id)["chatbot"].item()
    )
