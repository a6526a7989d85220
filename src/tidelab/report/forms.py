"""The other forms of a finished report: Markdown, LaTeX with BibTeX, PDF, a page to explore. Each is written beside the page."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tidelab.errors import TidelabError
from tidelab.run import atomic

if TYPE_CHECKING:
    from tidelab.experiment import Experiment
    from tidelab.report.data import Study
    from tidelab.run.directory import RunDirectory

SECONDS = 180
"""After which Chromium is taken to hang."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def write(run: RunDirectory, experiment: Experiment, form: str) -> list[Path]:
    """Writes one form of a run whose report is done; the files' paths."""
    from tidelab.report import stage
    from tidelab.report.data import gather
    from tidelab.run.cells import Work

    class _Quiet:
        def advance(self, done: int, total: int, note: str = "") -> None:
            pass

    folder = run.cell_dir("report")
    if form in ("html", "pdf"):
        return [folder / "index.html"] if form == "html" else [pdf(folder / "index.html", folder / "report.pdf")]
    cell = stage.cells(experiment)[-1]
    return texts(gather(Work(cell, run, folder, _Quiet())), folder, form)


def texts(study: Study, folder: Path, form: str) -> list[Path]:
    """`md`: report.md; `tex`: report.tex, methods.bib, and every figure as PDF; `explore`: explore.html."""
    from tidelab.report.explore import explore
    from tidelab.report.latex import for_paper, latex
    from tidelab.report.markdown import markdown
    from tidelab.report.methods import bibtex
    from tidelab.report.page import panels

    if form == "md":
        atomic.write_text(folder / "report.md", markdown(study))
        return [folder / "report.md"]
    if form == "explore":
        atomic.write_text(folder / "explore.html", explore(study))
        return [folder / "explore.html"]
    figures = panels(study)
    (folder / "figures").mkdir(exist_ok=True)
    for panel in figures:
        atomic.write_bytes(folder / "figures" / f"{panel.name}.pdf", panel.pdf())
    made = {"report.tex": latex(study, for_paper(figures)), "methods.bib": bibtex(study)}
    for name, text in made.items():
        atomic.write_text(folder / name, text)
    return [folder / name for name in made]


def pdf(page: Path, target: Path) -> Path:
    """The page printed by Chromium. Raises TidelabError where there is none or it fails."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    mend = "install Chromium, or open the page in any browser and print it to a file"
    if browser is None:
        raise TidelabError("a PDF needs Chromium, which is not on this machine", where="--format pdf", mend=mend)
    with tempfile.TemporaryDirectory() as profile:
        part = Path(profile) / "report.pdf"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-pdf-header-footer"]
        try:
            done = subprocess.run(
                [browser, *options, f"--user-data-dir={profile}", f"--print-to-pdf={part}", page.absolute().as_uri()],
                capture_output=True,
                check=False,
                timeout=SECONDS,
                text=True,
            )
            said = done.stderr.strip()[-300:]
        except subprocess.TimeoutExpired:
            said = f"no answer in {SECONDS} s"
        if not part.exists() or not part.read_bytes().startswith(b"%PDF"):
            raise TidelabError(f"Chromium made no PDF: {said}", where=str(page), mend=mend)
        atomic.write_bytes(target, part.read_bytes())
    return target
