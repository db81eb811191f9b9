/** The scripts of every page: the frame, buttons that copy, and interactive charts. */

import { offerCopies } from "./copy.js";
import { offerCollapse, offerThemes } from "./frame.js";
import { enlivenPlots } from "./plots.js";

offerThemes(document.querySelector("[data-theme-button]"));
offerCollapse(document);

offerCopies(document);
enlivenPlots(document);
