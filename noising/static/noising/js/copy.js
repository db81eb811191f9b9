/** A button beside every block of code that is there to be copied. */

import { element } from "./elements.js";

const SAID_MS = 1500;

/** Put a button on every `<pre data-copy>`; its value names what is copied. */
export function offerCopies(root) {
  for (const block of root.querySelectorAll("pre[data-copy]")) {
    const name = block.dataset.copy || "code";
    const button = element("button", {
      type: "button",
      class: "button-quiet copy-button",
      "aria-label": `Copy ${name}`,
    }, "Copy");
    button.addEventListener("click", () => copyText(block.textContent.trim(), button));
    const holder = element("div", { class: "copyable" });
    block.replaceWith(holder);
    holder.append(block, button);
  }
}

/** Copy a text, and say on the button that it was done. */
export async function copyText(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without TLS browsers keep the clipboard from scripts, except for a selection.
    button.textContent = copySelection(text) ? "Copied" : "Press Ctrl+C";
  }
  setTimeout(() => {
    button.textContent = label;
  }, SAID_MS);
}

function copySelection(text) {
  const field = element("textarea", { class: "visually-hidden", readonly: "" }, text);
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
