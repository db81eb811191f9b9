/** The scripts of every page: the frame, tabs, buttons that copy, and interactive charts. */

import { offerCopies } from "./copy.js";
import { offerCollapse, offerThemes } from "./frame.js";
import { closeExports, enlivenPlots } from "./plots.js";
import { offerMeanings } from "./terms.js";
import { offerTabs } from "./tabs.js";

offerThemes(document.querySelector("[data-theme-button]"));
offerCollapse(document);
offerMeanings(document);

offerTabs(document);
offerCopies(document);
enlivenPlots(document);
closeExports(document);
