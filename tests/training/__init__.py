"""Tests of the training code that need no scikit-learn."""
