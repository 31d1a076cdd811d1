"""Foresight: where a line of measurements goes, and what is unlike its own past."""
