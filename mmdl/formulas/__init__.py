"""Every equation of mmdl as loops over real numbers: read first, and what the fast ops are tested against."""
