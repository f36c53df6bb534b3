"""Query logs: added up by query, client, agent, user and database while they are read."""
