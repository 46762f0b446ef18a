"""Measurements: our figures beside a floor and a rival, in the same run on the same machine."""
