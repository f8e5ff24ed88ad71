"""Pure functions on arrays, each with its backward pass beside it."""
