/** The scripts of every page: the frame, tabs, buttons that copy, and interactive charts. */

import { offerCopies } from "./copy.js";
import { offerCollapse, offerThemes } from "./frame.js";
import { enlivenPlots } from "./plots.js";
import { offerTabs } from "./tabs.js";

offerThemes(document.querySelector("[data-theme-button]"));
offerCollapse(document);

offerTabs(document);
offerCopies(document);
enlivenPlots(document);
