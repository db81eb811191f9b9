/** Buttons that copy blocks of code. */

import { element } from "./elements.js";

const SAID_MS = 1500;

/** Add a button to every `<pre data-copy>`; the attribute's value names the content. */
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

/** Copy a text, and show this on the button. */
export async function copyText(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Without TLS, browsers let scripts copy only a selection.
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
