import math

import pytest

from tidelab.report.latex import escape
from tidelab.report.latex import table as latex_table
from tidelab.report.markdown import safe
from tidelab.report.markdown import table as markdown_table
from tidelab.report.sheet import Cell, Sheet, number, sheet_of


def test_any_rows_become_a_sheet_with_keys_to_sort_by_and_no_empty_column():
    rows = [
        {"student": "a", "n": 12345, "gain": -0.21234, "p": 0.00001, "reason": "", "ok": True},
        {"student": "b", "n": 2, "gain": None, "p": math.nan, "reason": "", "ok": False},
    ]
    sheet = sheet_of("x", "X", rows)
    assert sheet.columns == ["Student", "n", "Gain", "p", "Ok"]
    assert [c.text for c in sheet.rows[0]] == ["a", "12,345", "−0.212", "1.0e−05", "yes"]
    assert [c.text for c in sheet.rows[1]] == ["b", "2", "–", "–", "no"]
    assert [c.key for c in sheet.rows[0]] == [None, 12345, -0.21234, 0.00001, None]
    assert sheet.rows[1][2].key is None
    assert sheet.words == {0}


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.5, "0.500"), (12.345, "12.35"), (123.456, "123.5"), (1e9, "1,000,000,000")])
def test_numbers_lose_decimals_as_they_grow(value, text):
    assert sheet_of("x", "X", [{"v": value}]).rows[0][0].text in (text, text.replace("35", "34"))


def test_no_rows_are_a_sheet_without_columns():
    assert sheet_of("x", "X", []).columns == []


def test_a_missing_number_sorts_nowhere():
    assert number(math.nan) == Cell("–")
    assert number(None).key is None


HOSTILE = r"a_b & 5% of $x$ \input{/etc/passwd} #1 ~ ^ <b>|*x*` {y}"


def test_hostile_text_is_no_command_in_latex():
    text = escape(HOSTILE)
    assert r"\input" not in text
    assert r"a\_b \& 5\% of \$x\$ \textbackslash{}input\{/etc/passwd\} \#1" in text
    assert escape("−0.2 ☃ ‘q’") == "$-$0.2 ? ?q'"


def test_hostile_text_is_no_markup_in_markdown():
    text = safe(HOSTILE + "\n# heading")
    assert "\n" not in text
    assert r"\<b\>\|\*x\*" in text


def test_both_tables_hold_every_row_and_as_many_cells_as_columns():
    sheet = Sheet(
        "t", "A & B", ["Name", "Value"], [[Cell("a|b", marks=("nano",)), number(-0.5, sub="low")], [Cell("c"), Cell("–")]], notes=["See."]
    )
    lines = [line for line in markdown_table(sheet).splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert r"a\|b \[nano\]" in lines[2]
    assert "−0.500 (low)" in lines[2]
    printed = [line for line in latex_table(sheet).splitlines() if line.endswith(r" \\")]
    assert [row.count(" & ") for row in printed] == [1, 1, 1, 1], "heads twice: on the first page and on those after it"
    assert r"\caption{A \& B. See.}\label{tab:t}\\" in latex_table(sheet)
