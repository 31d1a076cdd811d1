"""How many files and connections this process may have open."""

import resource

# A kept connection to each server, with room to spare.
_WANTED = 65_536


def allow_many() -> None:
    """Raise our own limit as far as we may, up to what a large fleet needs.

    systemd and most shells start a program with 1,024, for the sake of old ones that use select().
    A thousand servers with their kept connections take all of that, and then nothing opens any
    more, neither the database nor the web interface.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
