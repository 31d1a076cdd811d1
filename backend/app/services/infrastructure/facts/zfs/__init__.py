"""ZFS: the pools with their trees of devices, and the data sets on them."""
