// SPDX-License-Identifier: MIT
// The one order of all events, read from its end.
import { ask } from "./api.js";

/// The newest position.
export async function endOfLog(signal) {
  const { position, lag } = await ask("all", { after: 0, limit: 1 }, { signal });
  return position + (lag ?? 0);
}

/// A position near which the events of a moment are, as far as later events have later positions.
export async function positionAt(timestamp, end, signal) {
  let low = 0;
  for (let high = end; high - low > 100;) {
    const middle = Math.floor((low + high) / 2);
    const { events } = await ask("all", { after: middle, limit: 1 }, { signal });
    if (events.length > 0 && events[0].timestamp < timestamp) low = middle;
    else high = middle;
  }
  return low;
}

/// About `wanted` events with positions below `before`, newest first, and the position that the next call goes on below;
/// 0 when there are no more. Looks at more and more positions at a time until it has enough.
export async function eventsBefore(before, { wanted = 100, store, type, signal }) {
  let found = [];
  let end = before;
  for (let window = wanted; end > 1 && found.length < wanted; window *= 4) {
    const start = Math.max(0, end - 1 - window);
    const chunk = [];
    for (let after = start; after < end - 1;) {
      const page = await ask("all", { after, limit: 1000, store, type }, { signal });
      chunk.push(...page.events.filter((event) => event.position < end));
      const isPast = page.events.length > 0 && page.events.at(-1).position >= end - 1;
      if (isPast || page.position <= after) break;
      after = page.position;
    }
    found = found.concat(chunk.reverse());
    end = start + 1;
  }
  return { events: found, before: end > 1 ? end : 0 };
}
