"""Unity: one self-hosted program that runs a homelab or a small fleet."""

from importlib.metadata import version

__version__ = version("unity")
