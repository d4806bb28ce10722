"""Statistical disclosure control: what of a table may be published. Pure functions; `disclosure.protection` begins."""
