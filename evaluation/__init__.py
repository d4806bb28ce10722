"""What evaluators and the board get from a release: pure functions over its tables."""
