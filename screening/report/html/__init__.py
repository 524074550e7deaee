"""Tags, tables, labels and colours of the report."""
