"""`python -m noising`, the same as the command `noising`."""

import sys

from noising.command import main

sys.exit(main())
