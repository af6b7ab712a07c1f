"""`python -m ae_core`: see `ae_core.cli.commands`."""

import sys
from contextlib import suppress

from ae_core.cli.commands import main

if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
