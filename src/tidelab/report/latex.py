"""The report for a paper: a LaTeX file of tables (booktabs) and a methods paragraph that cites `methods.bib`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tidelab.report import methods
from tidelab.report.sheets import paper_sheets

if TYPE_CHECKING:
    from tidelab.report.data import Study
    from tidelab.report.figures.canvas import Panel
    from tidelab.report.sheet import Sheet

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{EN DASH}": "--",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
}
_HEAD = r"""% Tables and methods of a tidelab run. Needs the packages booktabs, longtable and graphicx; compile with pdflatex and bibtex.
\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{booktabs}
\usepackage{longtable}
\usepackage{graphicx}
\usepackage[a4paper,margin=2cm]{geometry}
\begin{document}
"""


def latex(study: Study, figures: Sequence[Panel] = ()) -> str:
    """A document that compiles as it is, beside `figures/NAME.pdf` of its figures; tables and figures can be copied one by one."""
    parts = [_HEAD, r"\section*{Methods}", methods.paragraph(study, cite=True, escape=escape), r"\section*{Tables}", r"\small"]
    parts += [table(sheet) for sheet in paper_sheets(study)]
    if figures:
        parts += [r"\section*{Figures}", *map(_figure, figures)]
    return "\n".join([*parts, r"\bibliographystyle{plain}", r"\bibliography{methods}", r"\end{document}", ""])


def table(sheet: Sheet) -> str:
    """One longtable with caption and label; columns of long words wrap."""
    spec = "".join(_column(sheet, i) for i in range(len(sheet.columns)))
    heads = " & ".join(map(escape, sheet.columns)) + r" \\"
    lines = [" & ".join(escape(c.plain) for c in row) + r" \\" for row in sheet.rows]
    notes = " ".join(escape(n) for n in sheet.notes)
    caption = escape(sheet.title) + "." + (f" {notes}" if notes else "")
    return "\n".join(
        [
            rf"\begin{{longtable}}{{{spec}}}",
            rf"\caption{{{caption}}}\label{{tab:{re.sub('[^a-z0-9-]+', '-', sheet.name.lower())}}}\\",
            *(r"\toprule", heads, r"\midrule", r"\endfirsthead"),  # the caption and its label once, not on each page
            *(r"\toprule", heads, r"\midrule", r"\endhead"),
            *lines,
            r"\bottomrule",
            r"\end{longtable}",
        ]
    )


def for_paper(figures: Sequence[Panel]) -> list[Panel]:
    """Of each kind and source the first figure: that of the first headline metric. The ceiling in one figure where there is one."""
    whole = {p.source for p in figures if p.kind == "whole"}
    chosen: dict[tuple[str, str], Panel] = {}
    for panel in figures:
        if panel.kind in ("gain", "which", "whole") or (panel.kind == "ceiling" and panel.source not in whole):
            chosen.setdefault((panel.kind, panel.source), panel)
    return list(chosen.values())


def _figure(panel: Panel) -> str:
    width = r"\textwidth" if panel.kind == "whole" else r"0.6\textwidth"
    return "\n".join(
        [
            r"\begin{figure}[htp]",
            r"\centering",
            rf"\includegraphics[width={width}]{{figures/{panel.name}.pdf}}",
            rf"\caption{{{escape(panel.data.title)}.}}",
            r"\end{figure}",
        ]
    )


def _column(sheet: Sheet, index: int) -> str:
    longest = max((len(row[index].plain) for row in sheet.rows), default=0)
    if index not in sheet.words:
        return "r" if longest <= 16 else r"p{2.3cm}"
    return "l" if longest <= 28 else r"p{4cm}"


def escape(text: str) -> str:
    """Text in which nothing is taken for a command; what LaTeX's T1 fonts lack becomes a question mark."""
    shown = "".join(_ESCAPES.get(c, c if ord(c) < 0x250 else "?") for c in re.sub(r"\s+", " ", text))
    return re.sub(r"[\x00-\x1f\x7f]", "", shown)
