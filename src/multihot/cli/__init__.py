"""The command line: one function a command, no logic of its own."""

from multihot.cli.main import main, program

__all__ = ["main", "program"]
