"""Backup of Unity itself: one archive of all rows, the same for both engines; the key apart."""
