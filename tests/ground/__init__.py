"""Checks of the ground that the code stands on: packaging, texts, pictures, who may import whom."""
