"""Settings: neo4j.conf, environments of containers, lists that a running server gave."""
