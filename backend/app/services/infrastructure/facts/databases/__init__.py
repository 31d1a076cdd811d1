"""Databases of a machine, found without any login to them."""
