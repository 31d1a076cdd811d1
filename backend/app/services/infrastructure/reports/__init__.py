"""The weekly mail about the health of all machines, or of one group."""
