"""Tables of pictures and labels: CSV, TSV, JSON lines and Parquet."""

from multihot.data.sources.tables.reading import TABLE_SUFFIXES, read_table, table_in, tables_in, unusable

__all__ = ["TABLE_SUFFIXES", "read_table", "table_in", "tables_in", "unusable"]
