"""Topology: what stands on what, from the drive to the database."""
