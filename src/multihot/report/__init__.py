"""Report: what a run has learned and how far it can be trusted, as tables, plots and one self-contained page."""

from multihot.report.accounting import Accounting
from multihot.report.cooccurrence import CoOccurrence
from multihot.report.examples import Examples
from multihot.report.headline import Headline
from multihot.report.labels import PerLabel
from multihot.report.page import write_report
from multihot.report.precision_recall import PrecisionRecall
from multihot.report.reliability import Reliability
from multihot.report.sections import Sections
from multihot.report.thresholds import Thresholds
from multihot.report.training import TrainingCurves

__all__ = [
    "Accounting",
    "CoOccurrence",
    "Examples",
    "Headline",
    "PerLabel",
    "PrecisionRecall",
    "Reliability",
    "Sections",
    "Thresholds",
    "TrainingCurves",
    "write_report",
]
