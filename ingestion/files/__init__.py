"""Files people drop: recognised, opened, checked cell by cell, read in a process of their own."""
