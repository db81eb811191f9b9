/** A file that is dropped on the text of the form is read into it. */

const LONGEST = 65_536; // as the server's limit

for (const field of document.querySelectorAll("[data-drop]")) {
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", async (event) => {
    const [file] = event.dataTransfer.files;
    if (!file) return; // text is dropped as usual
    event.preventDefault();
    // A file that is too long is cut behind the limit, so that the server refuses it.
    field.value = await file.slice(0, 4 * LONGEST).text();
  });
}
