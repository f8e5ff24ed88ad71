"""Files that data comes in: pictures, sounds, IDX arrays, archives, and how published ones get here."""
