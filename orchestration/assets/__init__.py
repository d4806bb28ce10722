"""The graph: landed streams, dbt models, organisation keys, the gate's checks, the release."""
