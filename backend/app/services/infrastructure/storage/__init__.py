"""Drives: who they are, how they are, and what was done about it."""
