"""How grades look in a terminal: lines of text, in colour where that is wanted."""
