"""Sources that are asked: one HTTP client, and what every reader of an API is given."""
