"""The front door: command line, configuration."""

__version__ = "0.1.0"
