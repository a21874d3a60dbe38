"""An audit on the screen."""

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from multihot.audit.audit import Audit
from multihot.audit.duplicates import Duplicates
from multihot.audit.table import counts
from multihot.wording import counted


def audit_table(audit: Audit) -> Table:
    """How much was found of each kind, with the first of it by name."""
    found = counts(audit)
    unreadable = f", {found['unreadable']:,} cannot be read" if found["unreadable"] else ""
    title = f"{counted(found['samples'], 'sample')}{unreadable}, {counted(found['labels'], 'label')}"
    table = Table("", "found", "such as", box=None, title=title)
    table.title_justify = "left"
    ids = audit.samples.ids

    def group(of: Iterable[Duplicates]) -> str:
        return next((", ".join(ids[row] for row in one.rows[:2]) for one in of), "")

    duplicates = audit.duplicates
    first = {
        "unreadable": next((f"{sample.id}: {sample.reason}" for sample in audit.unreadable), ""),
        "identical_groups": group(one for one in duplicates if one.kind == "identical"),
        "near_groups": group(one for one in duplicates if one.kind == "near"),
        "conflicting_groups": group(one for one in duplicates if one.conflicting),
        "groups_across_splits": group(one for one in duplicates if one.parts),
        "relation_violations": next((f"{ids[one.row]}: {one.relation}" for one in audit.violations), ""),
        "wrong_labels": _first_label(audit),
    }
    for name, such_as in first.items():
        if name in found:
            table.add_row(name.replace("_", " "), str(found[name]), escape(such_as))
    return table


def _first_label(audit: Audit) -> str:
    if audit.labels is None or not len(audit.labels.wrong):
        return ""
    cells = audit.labels.wrong
    given = "present" if cells.given[0] == 1 else "absent"
    label = audit.samples.space.names[cells.labels[0]]
    return f"{audit.samples.ids[cells.rows[0]]}: {label} given as {given}, wrong with chance {cells.chance[0]:.2f}"
