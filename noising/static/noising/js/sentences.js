/** Sentences of the service, which quote names with backticks. */

import { element } from "./elements.js";

/** Return the parts of a sentence, with what is between backticks set as code. */
export function withCode(text) {
  return text.split("`").map(
    (part, place) => (place % 2 ? element("code", {}, part) : part),
  );
}
