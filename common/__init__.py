"""What every room needs; imports none of them."""
