"""The brain of one server: it knows findings, actions and capabilities, and no protocol."""
