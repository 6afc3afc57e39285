"""Containers: a Docker Engine, reached directly or through Portainer."""
