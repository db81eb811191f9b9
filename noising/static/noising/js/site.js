/** The scripts of every page: buttons that copy, and interactive charts. */

import { offerCopies } from "./copy.js";
import { enlivenPlots } from "./plots.js";

offerCopies(document);
enlivenPlots(document);
