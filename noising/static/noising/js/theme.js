/** Applies the reader's choice of a theme before anything is painted. No module: it must
    run while the head is parsed. Storage may be blocked; then the system decides. */

try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // The system decides.
}
