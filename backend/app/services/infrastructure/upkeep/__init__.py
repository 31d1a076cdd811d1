"""Upkeep of storage: self-tests of drives and scrubs of pools, planned, started and followed."""
