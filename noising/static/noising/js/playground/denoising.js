/** A button that calls the denoiser, and the denoised tokens. */

import { read } from "../api.js";
import { element } from "../elements.js";

/**
 * Add a button that denoises the tokens of a panel.
 *
 * @param {Panel} panel the panel.
 * @param {() => string} address returns the URL of the state with this panel denoised.
 */
export function offerDenoising(panel, address) {
  const shown = element("div", { class: "denoised", role: "status" });
  const button = element("button", { type: "button", class: "button-quiet" }, "Denoise");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const state = await read(address());
      const own = state.processes?.find((one) => one.label === panel.process.label);
      shown.replaceChildren(...parts(own?.denoised, panel.process.label));
    } catch (error) {
      shown.replaceChildren(complaint(error.message));
    }
    button.disabled = false;
  });
  panel.rest.replaceChildren(shown, element("p", {}, button));
}

function parts(denoised, label) {
  if (!denoised) return [complaint("The form has errors.")];
  if (denoised.error) return [complaint(denoised.error)];
  const chips = denoised.chips.flatMap(({ text, title, classes, after }) =>
    [element("span", { class: classes, title }, text), after]);
  const name = `Denoised tokens of process ${label.toUpperCase()}`;
  return [
    element("h3", {}, "Denoised"),
    element("p", { class: "muted" }, denoised.summary),
    element("div", { class: "tokens", role: "group", "aria-label": name }, ...chips),
  ];
}

function complaint(text) {
  return element("p", { class: "reason" }, text);
}
