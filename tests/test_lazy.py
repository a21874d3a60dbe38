import importlib
import subprocess
import sys

import pytest

import multihot
from multihot.lazy import names_from

PACKAGES = ["multihot", "multihot.data", "multihot.labels", "multihot.predict"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_can_be_had_and_no_other(package: str) -> None:
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nonsense'"):
        _ = module.nonsense


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_loaded_on_demand_is_what_is_public(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(name for names in module._HOMES.values() for name in names.split()) == sorted(module.__all__)


def test_functions_are_not_hidden_by_modules_of_their_names() -> None:
    importlib.import_module("multihot.train")
    importlib.import_module("multihot.audit")
    assert callable(multihot.train)
    assert callable(multihot.audit)
    assert multihot.metrics.report is not None


def test_an_error_inside_a_module_is_not_a_missing_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError("no torch", name="torch")

    monkeypatch.setattr("multihot.lazy.import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="no torch"):
        names_from("multihot", {})("train")


def test_importing_multihot_is_quick() -> None:
    code = "import sys, multihot; print(sorted({'torch', 'scipy', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"
