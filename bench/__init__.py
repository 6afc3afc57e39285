"""Measures what watching costs: `script/bench` prints a table and writes JSON."""
