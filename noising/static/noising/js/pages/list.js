/** The list pages: short URLs, menus that close, and buttons for the selected rows. */

/** Leave out of the URL what is not filled in, or is the first choice of its field. */
for (const form of document.querySelectorAll("[data-drop-empty]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) {
      const first = form.elements[name].options?.[0].value ?? "";
      if (value === first) formData.delete(name);
    }
  });
}

/** Close a menu by Escape, or by a click elsewhere. */
const menus = [...document.querySelectorAll(".menu")];

document.addEventListener("click", ({ target }) => {
  for (const menu of menus) if (!menu.contains(target)) menu.open = false;
});

document.addEventListener("keydown", ({ key }) => {
  const open = key === "Escape" && menus.find((menu) => menu.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

/** Allow a button only for as many rows as it takes. */
for (const form of document.querySelectorAll("[data-selection]")) {
  const update = () => {
    const count = form.querySelectorAll("tbody :checked").length;
    for (const button of form.querySelectorAll("[data-least]")) {
      const { least, most } = button.dataset;
      button.disabled = count < Number(least) || count > Number(most);
    }
  };
  form.addEventListener("change", update);
  addEventListener("pageshow", update); // the browser restores the boxes on the way back
  update();
}
