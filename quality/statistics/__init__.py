"""A candidate beside earlier quarters and earlier releases: what is far from usual is told before anyone publishes."""
