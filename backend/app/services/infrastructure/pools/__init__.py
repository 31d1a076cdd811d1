"""Pools: ZFS, md, LVM and btrfs in one form, judged by one set of rules."""
