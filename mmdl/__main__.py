"""`python -m mmdl` is `mmdl`."""

import sys

from mmdl.cli import main

if __name__ == "__main__":
    sys.exit(main())
