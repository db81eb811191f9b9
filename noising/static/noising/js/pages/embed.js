/** The playground inside another page: the settings are those of the URL. */

import { SmallPlayground } from "../playground/small.js";

for (const root of document.querySelectorAll("[data-embed]")) {
  const playground = new SmallPlayground(root, () => new URLSearchParams(location.search));
  playground.player.followSpace();
  playground.load();
}
