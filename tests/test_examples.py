import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "arrays.py"), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    assert float(said[0].split()[2]) > 0.7
    assert said[1] == "0 even, round"
    assert len(said) == 5


def test_every_example_has_a_test() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"arrays.py"}
