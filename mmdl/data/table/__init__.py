"""A CSV file of one's own becomes rows, and rows become a data set: read, deal, fit, report."""

from mmdl.data.table.load import is_table, load_table

__all__ = ["is_table", "load_table"]
