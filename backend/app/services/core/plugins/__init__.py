"""Plugins: the gallery, their instances, their runs, and what external programs push."""
