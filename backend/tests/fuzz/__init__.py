"""Parsers under coverage-guided noise; see `make fuzz`."""
