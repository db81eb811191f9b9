/** What every page does with scripts on: buttons that copy, plots that answer. */

import { offerCopies } from "./copy.js";
import { enlivenPlots } from "./plots.js";

offerCopies(document);
enlivenPlots(document);
