"""Recordings of what machines answered, and the tests that read them."""
