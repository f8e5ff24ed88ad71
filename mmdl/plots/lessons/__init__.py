"""The figures of the lessons, one module each: what a lesson has computed comes in, a figure comes out."""
