"""Sources: one file a format; each reads into `Samples`."""

from multihot.data.sources.reading import FORMATS, read

__all__ = ["FORMATS", "read"]
