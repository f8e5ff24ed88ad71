"""What writes the pages of the site: lessons, gallery, reference, glossary, diagrams."""
