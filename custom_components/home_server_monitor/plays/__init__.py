"""What joins several systems, one story per file."""
