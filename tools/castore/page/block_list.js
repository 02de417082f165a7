// SPDX-License-Identifier: MIT
// A list as long as you like, of which only what is near the screen is drawn: its rows are in blocks, and a block that
// is far away is a space of the same height.
import { h, replace } from "./dom.js";
import { problemBox } from "./parts.js";

const NEAR = "900px 0px";
const FAR = "3000px 0px";

/// `draw(item)` makes a row. Either all is known: `blocks` is a list of sizes, and `load(index)` gets the items of one;
/// or it is not: `next()` gets {items, isLast} until it is the last. `rowHeight` is a guess of a row's height.
export function blockList({ label, draw, blocks, load, next, rowHeight, empty }) {
  const root = h("div", { class: "rows", role: "list", "aria-label": label });
  const end = h("div", { class: "rows-end" });
  const element = h("div", {}, root, end);
  const states = [];
  let total = 0;
  let isClosed = false;

  function addBlock(size) {
    const block = h("div", { class: "block", role: "presentation" });
    block.style.minHeight = `${size * rowHeight}px`;
    const state = {
      block,
      index: states.length,
      items: undefined,
      isDrawn: false,
      isFar: false,
      isWanted: false,
      loading: undefined,
    };
    states.push(state);
    stateOf.set(block, state);
    root.append(block);
    near.observe(block);
    far.observe(block);
    return state;
  }

  function fill(state) {
    if (!state.items || state.isDrawn) return;
    state.isDrawn = true;
    state.block.style.minHeight = "";
    replace(state.block, state.items.map(draw));
  }

  function clear(state) {
    if (!state.isDrawn || state.block.contains(document.activeElement)) return;
    state.block.style.minHeight = `${state.block.getBoundingClientRect().height}px`;
    state.isDrawn = false;
    state.block.replaceChildren();
    if (load) state.items = undefined;
  }

  /// `isWanted`: also where it is far away. A block that comes late, when the reader has gone on, is not drawn.
  function ensure(state, isWanted = false) {
    state.isWanted ||= isWanted;
    if (state.items) {
      fill(state);
      return Promise.resolve();
    }
    state.loading ??= load(state.index)
      .then(
        (items) => {
          if (state.isFar && !state.isWanted) return;
          state.isWanted = false;
          state.items = items;
          fill(state);
        },
        (problem) => {
          if (!isClosed && problem.name !== "AbortError")
            replace(
              state.block,
              problemBox(problem, () => ensure(state)),
            );
        },
      )
      .finally(() => (state.loading = undefined));
    return state.loading;
  }

  const stateOf = new WeakMap();
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        const state = stateOf.get(entry.target);
        state.isFar = false; // the other observer is told later than an answer that is there already
        ensure(state);
      }
    },
    { rootMargin: NEAR },
  );
  const far = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const state = stateOf.get(entry.target);
        state.isFar = !entry.isIntersecting;
        if (state.isFar) clear(state);
      }
    },
    { rootMargin: FAR },
  );

  let isBusy = false;
  let isLast = false;
  async function more() {
    if (isBusy || isLast || isClosed) return;
    isBusy = true;
    replace(end, h("p", { class: "hint", role: "status" }, "Loading\u2026"));
    try {
      const page = await next((text) => replace(end, h("p", { class: "hint" }, text)));
      if (isClosed) return;
      isLast = page.isLast;
      if (page.items.length > 0) {
        total += page.items.length;
        const state = addBlock(page.items.length);
        state.items = page.items;
        fill(state);
      }
      replace(end, isLast ? (total === 0 ? empty?.() : null) : null);
    } catch (problem) {
      if (isClosed || problem.name === "AbortError") return;
      isBusy = false;
      replace(end, problemBox(problem, more));
      return;
    }
    isBusy = false;
    if (!isLast) {
      // perhaps the end can still be seen
      atEnd.unobserve(end);
      atEnd.observe(end);
    }
  }
  const atEnd = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) more();
    },
    { rootMargin: NEAR },
  );

  if (blocks) {
    blocks.forEach(addBlock);
    if (blocks.length === 0) replace(end, empty?.());
  } else {
    atEnd.observe(end);
  }

  return {
    element,
    /// Sees to it that a block is drawn.
    ensure: (index) => ensure(states[index], true),
    /// Draws again what is drawn, as when all rows shall be open.
    redraw() {
      for (const state of states) {
        if (!state.isDrawn) continue;
        state.isDrawn = false;
        fill(state);
      }
    },
    /// How many items came so far, where not all is known.
    get total() {
      return total;
    },
    close() {
      isClosed = true;
      near.disconnect();
      far.disconnect();
      atEnd.disconnect();
    },
  };
}
