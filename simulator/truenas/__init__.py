"""TrueNAS as its clients see it."""
