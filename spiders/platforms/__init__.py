"""Shapes that several sources share."""
