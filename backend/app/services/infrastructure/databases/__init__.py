"""Databases: what was found, how each is asked, and what its answers mean."""
