"""The guardian's edges: where it meets Home Assistant's phones, repairs, users and entities."""
