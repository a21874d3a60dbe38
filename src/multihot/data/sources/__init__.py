"""Sources: one file a format; each reads into `Samples`, and some are written again."""

from multihot.data.sources.reading import FORMATS, read
from multihot.data.sources.writing import WRITERS, write

__all__ = ["FORMATS", "WRITERS", "read", "write"]
