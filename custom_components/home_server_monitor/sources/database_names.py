"""What databases are called, whoever runs them."""

import re

_NAMES = re.compile(
    r"(?:.*[-_])?(?:postgres(?:ql)?|postgis|timescaledb(?:-ha)?|pgvecto-rs|mariadb|mysql|percona|mongo(?:db)?|redis|valkey"
    r"|keydb|influxdb|couchdb|clickhouse(?:-server)?|elasticsearch|opensearch|cassandra|neo4j|surrealdb|questdb"
    r"|victoria-metrics|meilisearch|typesense|qdrant|etcd)(?:[-_](?:server|alpine|community))?"
)


def names_a_database(name: str) -> bool:
    """Return whether the last part of an image's name, or an app's name in its catalogue, is that of a database."""
    return bool(_NAMES.fullmatch(name.lower()))
