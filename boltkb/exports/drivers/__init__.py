"""The client's side: logs and metrics of drivers' connection pools."""
