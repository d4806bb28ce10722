"""From a figure to the facts it is the sum of, to the cell or object each was read from, and what moved it since."""
