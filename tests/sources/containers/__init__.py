"""Tests of the source of containers."""
