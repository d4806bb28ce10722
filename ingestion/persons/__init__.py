"""What may be kept of a person: pseudonyms at the door, contact details withheld, erasures."""
