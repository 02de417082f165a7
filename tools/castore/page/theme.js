// SPDX-License-Identifier: MIT
// Runs before the page is drawn, so that it is not drawn twice: light or dark, where the reader chose one of them.
try {
  const theme = localStorage.getItem("castore.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's choice it is.
}
