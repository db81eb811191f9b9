/**
 * Mends what Swagger UI makes hard for assistive technology: it puts a link into the button
 * that opens an operation, which sets the same address; blocks that scroll cannot be reached
 * by keyboard, and choices of an example have no name.
 */

const root = document.querySelector("#swagger-ui");

new MutationObserver(() => {
  for (const link of root.querySelectorAll(".opblock-summary-control a[href]")) {
    link.removeAttribute("href");
  }
  for (const block of root.querySelectorAll("pre.microlight:not([tabindex])")) {
    block.tabIndex = 0;
  }
  for (const choice of root.querySelectorAll("select:not([aria-label], [id])")) {
    choice.setAttribute("aria-label", "Example");
  }
}).observe(root, {
  attributes: true, attributeFilter: ["href"], childList: true, subtree: true,
});
