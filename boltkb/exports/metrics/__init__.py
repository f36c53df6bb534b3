"""Metrics over time: Neo4j's CSV files, Prometheus, panels saved from dashboards."""
