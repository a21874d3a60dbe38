"""Tables of pictures and labels: CSV, TSV, JSON lines and Parquet."""

from multihot.data.sources.tables.reading import load_table, read_table

__all__ = ["load_table", "read_table"]
