"""Documentation that cannot go stale: every verb, setting, metric, check, statistic and record field is described."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tidelab.experiment import Experiment
from tidelab.records import RECORDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def test_the_reference_is_what_the_code_says() -> None:
    done = subprocess.run([sys.executable, "tools/make_reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_record_field_and_setting_is_described() -> None:
    bare = [f"{r.__name__}.{n}" for r in RECORDS for n, f in r.model_fields.items() if not f.description]
    sections = [f.annotation for f in Experiment.model_fields.values() if hasattr(f.annotation, "model_fields")]
    bare += [f"{s.__name__}.{n}" for s in [Experiment, *sections] for n, f in s.model_fields.items() if not f.description]
    assert not bare


def test_every_metric_has_its_page_with_formula_limits_and_floors() -> None:
    from tidelab.scoring.metric import metrics

    for name in metrics():
        page = (ROOT / "docs" / "metrics" / f"{name}.md").read_text("utf-8").lower()
        assert "can't see" in page or "cannot see" in page, f"{name}: say what it can't see"
        assert "source" in page and "formula" in page and "floor" in page, name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_the_docs_are_verbs_and_options_that_exist(page: Path) -> None:
    from typer.main import get_command

    from tidelab.cli import app

    for line in re.findall(r"^(?:\$ )?(tide [^\n#|`]+)", page.read_text("utf-8"), flags=re.M):
        words, command = line.split()[1:], get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not getattr(command, "commands", None), f"{page.name}: `{line}` names no verb"
        options = {o for p in command.params for o in p.opts} | {"--help"}
        assert {w.partition("=")[0] for w in words if w.startswith("--")} <= options, f"{page.name}: `{line}`"


def test_no_page_or_source_names_a_registry_host_or_a_path_of_the_machine_it_was_written_on() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    here = "|".join(re.escape(f"{place}/") for place in (ROOT, Path.home()) if len(place.parts) > 1)
    told = re.compile(rf"(pypi|pythonhosted|npmjs|debian)\.(org|com)|{here}".encode())
    assert told.search(f"see {ROOT}/README.md".encode()), "the pattern finds nothing at all"
    for name in tracked.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".json", ""}:
            found = told.search(path.read_bytes())
            assert not found, f"{name}: {found.group() if found else ''}"
