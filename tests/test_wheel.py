"""The built wheel carries all it needs: outside the checkout it runs the study to a report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_runs_the_study_outside_the_checkout(tmp_path: Path) -> None:
    def call(*arguments: str, cwd: Path = tmp_path, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=cwd, env=os.environ | variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    call("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), cwd=ROOT)
    wheel = next((tmp_path / "dist").glob("*.whl"))
    site = tmp_path / "site"
    call("-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel))
    place = call("-c", "import tidelab; print(tidelab.__file__)", PYTHONPATH=str(site)).strip()
    assert Path(place).is_relative_to(site)
    study = tmp_path / "study.yaml"
    study.write_text((ROOT / "tests" / "fixtures" / "tiny.yaml").read_text())
    output = call("-m", "tidelab.cli", "run", str(study), "--json", "--limit", "2", PYTHONPATH=str(site))
    result = json.loads(output.splitlines()[-1])
    page = (tmp_path / result["report"]).read_text("utf-8")
    assert result["report"] == "runs/tiny/report/index.html" and "nano" in page and str(ROOT) not in page
