"""The `wmip` command line."""
