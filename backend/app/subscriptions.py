"""One table: which domain hears which announcement of another. Empty until a domain announces."""
