// SPDX-License-Identifier: MIT
// Where one is stands in the address: /?store=POKEMONS&id=pikachu&version=3. Links are links.

export function place() {
  return Object.fromEntries(new URLSearchParams(location.search));
}

/// The address of a place; what is undefined is left out.
export function href(place) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(place))
    if (value !== undefined && value !== null && value !== false) query.append(name, value);
  return query.size > 0 ? `?${query}` : location.pathname;
}

/// Goes to a place: a step that the back button takes back, unless it only replaces where one is.
export function go(place, { isReplacing = false } = {}) {
  const address = href(place);
  if (isReplacing) history.replaceState(history.state, "", address);
  else history.pushState({ key: ++go.key }, "", address);
  go.listener({ isReplacing });
}
go.key = Date.now();

/// Calls `listener` whenever the place changes, by a link, by `go` or by the browser's buttons.
export function listen(listener) {
  go.listener = listener;
  history.scrollRestoration = "manual";
  if (!history.state?.key) history.replaceState({ key: ++go.key }, "");
  addEventListener("popstate", () => listener({ isBack: true }));
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname !== location.pathname || link.hash) return;
    event.preventDefault();
    go(Object.fromEntries(new URLSearchParams(link.search)));
  });
}
