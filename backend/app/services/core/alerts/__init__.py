"""Alerts of all domains: what is wrong, since when, why, and whom it concerns."""
