"""A pretend West Midlands with known true figures, for the demo, tests and benchmarks. Imports nothing of ours."""
