"""The report of a run on a large label set: figures at k, and how rare labels fare."""

from multihot.report.listed.by_frequency import ByFrequency
from multihot.report.listed.contents import contents, sections

__all__ = ["ByFrequency", "contents", "sections"]
