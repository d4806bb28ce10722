"""Open data of one release: grants as 360Giving JSON, indicators as a data package, totals proved equal."""
