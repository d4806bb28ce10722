"""Extract, check and pseudonymise the returns; ends at Parquet in `landing/`. Imports nothing of ours."""
