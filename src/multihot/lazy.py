"""Packages whose public names load what they need when they are first asked for (PEP 562).

An exported file is read by a small part of multihot, which must not wait for torch, nor need it.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def names_from(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__`.

    Args:
        package: its name.
        homes: module -> the public names of the package that come from it, with spaces between.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        if name in home:
            value = getattr(import_module(home[name]), name)
            vars(sys.modules[package])[name] = value
            return value
        try:
            return import_module(f"{package}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{package}.{name}":
                raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find


class Face(ModuleType):
    """A package that has functions named as its modules are: `multihot.train` is what trains.

    Importing the module would hide the function.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)
