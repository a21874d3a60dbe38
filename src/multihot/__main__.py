"""`python -m multihot`."""

from multihot.cli import main

main()
