"""Audit: what looks wrong about labelled samples, to be looked at by a person; nothing is changed."""

from multihot.audit.audit import Audit, Violation, audit
from multihot.audit.duplicates import Duplicates
from multihot.audit.label_issues import Cells, LabelIssues, label_issues
from multihot.audit.table import counts, findings, table, to_dict
from multihot.audit.terminal import audit_table
from multihot.audit.writing import audit_folder, write_audit

__all__ = [
    "Audit",
    "Cells",
    "Duplicates",
    "LabelIssues",
    "Violation",
    "audit",
    "audit_folder",
    "audit_table",
    "counts",
    "findings",
    "label_issues",
    "table",
    "to_dict",
    "write_audit",
]
