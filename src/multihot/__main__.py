"""`python -m multihot`."""

from multihot.cli import program

program()
