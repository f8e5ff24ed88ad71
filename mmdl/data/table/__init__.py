"""A CSV file of one's own becomes rows, and rows become a data set: read, deal, fit, report."""

from mmdl.data.table.load import is_table, load_table
from mmdl.data.table.measured import load_measured
from mmdl.data.table.new_rows import load_like
from mmdl.data.table.paired import load_paired
from mmdl.data.table.written import load_written

__all__ = ["is_table", "load_like", "load_measured", "load_paired", "load_table", "load_written"]
