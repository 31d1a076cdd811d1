"""Looks at the certificates that a server shows."""

from unity_builtins.tls_expiry.plugin import TlsExpiry

__all__ = ["TlsExpiry"]
