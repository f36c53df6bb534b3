"""What a monitoring system watches all the time: Prometheus rules and a dashboard for Grafana.

`names` has each metric as Prometheus spells it, by version; `recorded` what is made of them under
names of its own, so that the alerts and the dashboard are the same for every version; `alerts`
what is worth waking somebody for, and why at that threshold; `writing` the files; `dashboard` the
panels.  Knows the catalogue and nothing of exports.
"""
