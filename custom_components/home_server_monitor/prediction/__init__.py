"""Disk failure: the one shape of a SMART reading, the trained model for hard disks, and rules for everything else.

Knows no Home Assistant and imports nothing of the integration outside this folder: `training/` runs it, too.
"""
