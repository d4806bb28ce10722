"""Benchmarks: print what one run on this machine measured; nothing here is a test."""
