"""Which images keep a database: its files are whole only while it stands still, and its versions do not go back."""

import re

from .reference import repository_of

_NAMES = re.compile(
    r"(?:.*[-_])?(?:postgres(?:ql)?|postgis|timescaledb(?:-ha)?|pgvecto-rs|mariadb|mysql|percona|mongo(?:db)?|redis|valkey"
    r"|keydb|influxdb|couchdb|clickhouse(?:-server)?|elasticsearch|opensearch|cassandra|neo4j|surrealdb|questdb"
    r"|victoria-metrics|meilisearch|typesense|qdrant|etcd)(?:[-_](?:server|alpine|community))?"
)


def keeps_a_database(reference: str) -> bool:
    """Return whether an image is that of a database, by the last part of its name."""
    return bool(_NAMES.fullmatch(repository_of(reference).rpartition("/")[2].lower()))
