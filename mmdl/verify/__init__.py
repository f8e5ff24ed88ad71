"""How every op is held to account: gradient oracles, the seven properties, and the catalogue of ops."""
