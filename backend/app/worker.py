"""Entry of `unity worker`; filled by the jobs room."""
