"""Databases, from what is found to what is told."""
