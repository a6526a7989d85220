"""`tide` starts fast because nothing heavy is imported before it is used; exit codes are as the design says."""

import json
import subprocess
import sys

HEAVY = {
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "sentence_transformers",
    "polars",
    "pyarrow",
    "scipy",
    "numpy",
    "matplotlib",
    "pydantic",
    "nltk",
}


def tide(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tidelab.cli", *arguments], capture_output=True, text=True, check=False)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, json, tidelab.cli; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout))
    assert not loaded & HEAVY


def test_a_plan_loads_no_model_library() -> None:
    code = (
        "import sys, json\nfrom tidelab.cli import app\n"
        "try:\n    app(['run', 'quick', '--plan', '--json'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(json.loads(done.stdout.splitlines()[-1])) & {"torch", "transformers", "trl", "sentence_transformers"}


def test_a_users_fault_ends_with_2_and_a_mend_and_no_traceback() -> None:
    done = tide("run", "quick", "--set", "sede=1")
    assert done.returncode == 2 and "did you mean `seed`?" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_run_is_the_users_to_mend() -> None:
    done = tide("report", "--run", "no/such/run")
    assert done.returncode == 2 and "tide run PRESET" in done.stderr


def test_every_verb_gives_an_example_in_its_help() -> None:
    import typer
    from typer.main import get_command

    from tidelab.cli import app

    def verbs(command: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
        inner = getattr(command, "commands", None)
        return [(path, command)] if inner is None else [v for name, c in inner.items() for v in verbs(c, (*path, name))]

    assert isinstance(app, typer.Typer)
    found = verbs(get_command(app), ())
    assert len(found) >= 5
    for path, command in found:
        assert "Example" in (command.epilog or ""), f"tide {' '.join(path)} has no example"
        assert command.help, f"tide {' '.join(path)} has no help"
