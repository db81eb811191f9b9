"""python -m noising."""

import sys

from noising.command import main

sys.exit(main())
