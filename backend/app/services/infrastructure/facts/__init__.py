"""The facts of a machine: one file for each, and `table.py` with them all."""
