/** The choice on the pages that compare schedules, runs or audits. */

import { offerChips } from "../choice_chips.js";

offerChips(document);
