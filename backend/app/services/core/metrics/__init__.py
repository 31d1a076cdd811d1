"""Metrics: what machines were measured at, kept small and found fast."""
