"""The gate: checks over the candidate mart, the verdict on it, the receipt of what was checked."""
