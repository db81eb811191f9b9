"""python -m noising.engine.certify."""

import sys

from noising.engine.certify.command import main

sys.exit(main())
