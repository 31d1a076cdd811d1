"""The numbers of the SSH adapter, and the algorithms that it offers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SshLimits:
    """Times in seconds. The defaults fit sshd's own (MaxSessions 10, MaxStartups 10:30:100)."""

    connect_seconds: float = 10.0
    login_seconds: float = 15.0
    greeting_seconds: float = 20.0  # fifty machines may start their login shells at once
    open_seconds: float = 10.0  # a further channel: SFTP, a forwarded socket
    idle_seconds: float = 900.0  # longer than the standard interval, so that a round finds it warm
    keep_alive_seconds: float = 20.0
    keep_alive_misses: int = 3
    sessions_per_host: int = 4
    logins_at_once: int = 4  # unfinished logins at one sshd, which drops them from 10 on
    logins_per_second: int = 8


# Curve25519 first: OpenSSH's own first choice costs some 0.1 s of CPU for each connection.
KEY_EXCHANGES = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "mlkem768x25519-sha256",
)

# AES has hardware support nearly everywhere, and the cipher's own authentication saves a pass.
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)

# Host certificates are not asked for: a machine is known by its pinned key.
HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
