"""One table (with its enums) per file."""
