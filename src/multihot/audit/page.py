"""`audit.html`: what was found, seen with its pictures, in one file that needs nothing but itself."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from multihot.audit.audit import Audit
from multihot.audit.duplicates import Duplicates
from multihot.audit.label_issues import Cells
from multihot.audit.table import counts
from multihot.data import Features
from multihot.errors import ImageError
from multihot.pages import render, shrunk
from multihot.run import write_text

MOST_CELLS = 60
MOST_GROUPS = 40
MOST_OF_A_GROUP = 6
MOST_VIOLATIONS = 40
MOST_UNREADABLE = 200


def write_page(audit: Audit, path: Path) -> None:
    """Write the page, in one move; it shows the first of what was found and says how much it leaves out."""
    write_text(path, render("multihot.audit", "audit.html", {}, **contents(audit)))


def contents(audit: Audit) -> dict[str, Any]:
    """The variables of the template."""
    # Conflicts first, then what is on both sides of a split.
    groups = sorted(audit.duplicates, key=lambda group: (not group.conflicting, not group.parts))
    violations = list(audit.violations)
    return {
        "title": Path(audit.samples.source).name or "samples",
        "source": audit.samples.source,
        "version": version("multihot"),
        "counts": counts(audit),
        "wrong": None if audit.labels is None else _cards(audit, audit.labels.wrong),
        "unfilled": None if audit.labels is None else _cards(audit, audit.labels.unfilled),
        "shown": MOST_CELLS,
        "groups": [_group(audit, group) for group in groups[:MOST_GROUPS]],
        "groups_found": len(groups),
        "violations": [
            {**_sample(audit, violation.row), "relation": violation.relation}
            for violation in violations[:MOST_VIOLATIONS]
        ],
        "unreadable": [sample._asdict() for sample in audit.unreadable[:MOST_UNREADABLE]],
        "notes": [*audit.samples.notes, *audit.notes],
    }


def _cards(audit: Audit, cells: Cells) -> list[dict[str, Any]]:
    """One card a sample, in the order of its likeliest cell, with all its cells among the first."""
    cards: dict[int, dict[str, Any]] = {}
    names = audit.samples.space.names
    first = (column[:MOST_CELLS] for column in (cells.rows, cells.labels, cells.given, cells.chance))
    for row, label, given, chance in zip(*first, strict=True):
        card = cards.setdefault(int(row), {**_sample(audit, int(row)), "remove": [], "add": []})
        card["remove" if given == 1 else "add"].append({"label": names[label], "chance": float(chance)})
    for card in cards.values():
        doubted = {change["label"] for change in card["remove"]}
        card["labels"] = [label for label in card["labels"] if label not in doubted]
    return list(cards.values())


def _group(audit: Audit, group: Duplicates) -> dict[str, Any]:
    names = audit.samples.space.names
    return {
        "kind": group.kind,
        "conflicting": [names[label] for label in group.conflicting],
        "parts": group.parts,
        "samples": [_sample(audit, row) for row in group.rows[:MOST_OF_A_GROUP]],
        "left_out": max(0, len(group.rows) - MOST_OF_A_GROUP),
    }


def _sample(audit: Audit, row: int) -> dict[str, Any]:
    return {
        "id": audit.samples.ids[row],
        "labels": list(audit.samples.targets.names(row, audit.samples.space)),
        "part": audit.parts[row],
        "picture": _picture(audit, row),
    }


def _picture(audit: Audit, row: int) -> str | None:
    if isinstance(audit.samples.inputs, Features):
        return None
    try:
        return shrunk(audit.samples.images.read(row))
    except ImageError:  # it was there a moment ago
        return None
