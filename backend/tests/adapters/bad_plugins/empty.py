"""Holds no plugin."""

ANSWER = 42
