"""How every op is held to account: gradient oracles, the properties, and the catalogue of ops."""
