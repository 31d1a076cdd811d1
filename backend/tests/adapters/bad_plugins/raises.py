"""Cannot even be loaded."""

raise RuntimeError("the library that I need is missing")
