"""Tests that open built pages in Chromium."""
