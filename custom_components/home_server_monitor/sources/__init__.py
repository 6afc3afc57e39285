"""The kinds of system that can be watched: one folder each, with the same rooms."""
