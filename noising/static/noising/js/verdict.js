/** The verdict on a specification, as the API returns it. */

import { element } from "./elements.js";
import { withCode } from "./sentences.js";

/** Show a verdict in `place`; `use` is called with the specification of a remedy. */
export function showVerdict(place, { grade, text, remedies }, use) {
  const name = grade === "unknown" ? "not judged" : grade;
  place.replaceChildren(element(
    "p", { class: "verdict" },
    element("span", { class: `badge badge-${grade} badge-large` }, name),
    " ",
    element("span", {}, ...withCode(text)),
  ));
  if (!remedies.length) return;
  place.append(
    element("h3", {}, "What to use instead"),
    element("ul", { class: "remedies" }, ...remedies.map((each) => item(each, use))),
  );
}

function item({ text, grade, specification }, use) {
  const label = `Use this: ${specification.schedule.type}, ${grade}`;
  const button = element(
    "button", { type: "button", class: "button-secondary", "aria-label": label }, "Use this",
  );
  button.addEventListener("click", () => use(specification));
  const still = grade === "good" ? "" : ` Still ${grade}.`;
  return element("li", {}, element("span", {}, ...withCode(text), still), button);
}
