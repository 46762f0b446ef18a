"""Collect: one file a source, every response archived before it is read."""
