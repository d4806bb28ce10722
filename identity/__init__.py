"""Which source records are one real organisation, under keys that stay the same from night to night."""
