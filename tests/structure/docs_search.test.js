// SPDX-License-Identifier: MIT
// docs_search.test.js SITE [PAGES]: asks the search of the built site what readers ask, by the site's own programs, and
// expects the answer among the first PAGES pages found, at one of the first two places of it.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const PAGES = Number(process.argv[3] || 4); // as many as a small window shows
// What is typed, and the page, perhaps with the place in it, that answers.
const QUESTIONS = [
  ["castore::Command", /^reference\.html#command$/],
  ["push_event()", /^reference\.html#eventstore$|^docs\/tutorial\/03_push/],
  ["castore::EventStore<Events, Aggregate, Reducer>", /^reference\.html#eventstore$/],
  ["std::optional", /event_fields\.html#optional-values/],
  ["g++", /platforms\.html|questions\.html#which-compiler/],
  ["g++ version", /platforms\.html|questions\.html#which-compiler/],
  ["C++20", /platforms\.html|^index\.html/],
  ["clang++", /platforms\.html|questions\.html#which-compiler/],
  ["subscribe to all events", /subscriptions\.html|questions\.html#.*subscribe/],
  ["enums in events", /event_fields\.html#enumerations|questions\.html#enums/],
  ["money", /money\.html|event_fields\.html#money/],
  ["see my events", /questions\.html#.*see-my-events/],
  ["GDPR", /personal_data\.html|questions\.html#.*gdpr/],
  ["delete personal data", /personal_data\.html|17_forget_first|questions\.html#.*gdpr/],
  ["async", /event_loops\.html|questions\.html#.*async/],
  ["coroutines", /event_loops\.html|questions\.html#.*coroutines/],
  ["boost asio", /event_loops\.html/],
  ["Qt", /event_loops\.html#qt|questions\.html#.*qt/],
  ["encrypt a field", /personal_data\.html/],
  ["embedded", /embedded\.html|questions\.html#.*embedded/],
  ["rounding", /money\.html/],
  ["daylight saving", /time_zones\.html/],
  ["tracing", /guides\/tracing\.html/],
  ["castore::Observer", /guides\/observers\.html/],
  ["ObservedEventStore", /reference\.html#observedeventstore|guides\/observers\.html/],
  ["logging", /guides\/observers\.html/],
  ["spdlog", /guides\/observers\.html/],
  ["metrics", /guides\/observers\.html/],
  ["prometheus", /guides\/observers\.html/],
  ["opentelemetry", /guides\/observers\.html/],
  ["correlation id", /guides\/tracing\.html|21_correlation/],
  ["thread safety", /concurrency\.html#threads|questions\.html#.*thread/],
  ["is it thread-safe?", /concurrency\.html#threads|questions\.html#.*thread/],
  ["vcpkg", /installing\.html#vcpkg/],
  ["how do I install it with conan", /installing\.html#conan/],
  ["EventAlreadyExistsError", /errors\.html|reference\.html#eventalreadyexistserror/],
  ["add a field to an event", /changing_events\.html|questions\.html#.*add-a-field/],
  ["rename an event", /changing_events\.html|questions\.html#.*rename/],
  ["upcasting", /changing_events\.html#another-form-upcasting/],
  ["snapshots", /18_snapshots/],
  ["unique email", /24_uniqueness/],
  ["backup sqlite", /sqlite\.html#back-up/],
  ["backup and restore", /operating\.html|sqlite\.html#back-up/],
  ["restore a backup of postgres", /operating\.html/],
  ["monitoring", /operating\.html#watch|27_monitor_lag/],
  ["upgrade", /operating\.html#upgrade|versions\.html/],
  ["optimistic locking", /concurrency\.html|questions\.html#.*lock/],
  ["read model", /read_models\.html/],
  ["outbox pattern", /outbox\.html|questions\.html#.*outbox/],
  ["kafka", /questions\.html#.*kafka|messages\.html#your-own-channel/],
  ["unit test a command", /testing_a_domain\.html|10_testing|25_test_decisions/],
  ["performance benchmarks", /performance\.html/],
  ["time zones", /time_zones\.html|questions\.html#.*time-zone/],
  ["UUID", /event_fields\.html#identifiers|questions\.html#.*uuid/],
  ["windows msvc", /platforms\.html/],
  ["migrate from CRUD", /migrating_from_crud\.html/],
  ["write my own adapter for MySQL", /writing_an_adapter\.html|11_your_own_adapter|questions\.html#.*mysql/],
  ["semantic versioning", /versions\.html/],
  ["how to rebuild a projection", /rebuilding\.html|19_disposable/],
  ["dead letter", /subscriptions\.html#failures|27_monitor_lag/],
  ["SqliteEventStorageAdapter", /reference\.html#sqliteeventstorageadapter|sqlite\.html/],
  ["castore::testing::given", /reference\.html#given|testing_a_domain|10_testing/],
  ["get_aggregate", /reference\.html|04_fetch_and_rewind/],
  ["AWS lambda", /deploying\.html#aws-lambda/],
  ["static linking", /deploying\.html#static-linking/],
  ["validation of input", /valid_events\.html|06_stale_validation/],
  ["who changed it", /time_travel\.html|valid_events\.html#who|questions\.html#who-changed/],
  ["docker", /deploying\.html#containers|questions\.html#docker/],
  ["exactly once", /questions\.html#.*exactly-once|09_idempotent/],
  ["CMake FetchContent", /installing\.html|^index\.html/],
  ["single header", /installing\.html#one-header/],
  ["std::variant", /event_fields\.html|questions\.html#enums/],
  ["operator++ in a reducer", /reducer/],
  ["pagination", /questions\.html#.*pagination|05_list_and_page/],
  ["saga", /questions\.html#sagas/],
  ["CQRS", /questions\.html#.*cqrs/],
  ["EventStoreDB", /questions\.html#eventstoredb/],
  ["license", /questions\.html#.*license/],
  ["replay events", /questions\.html#.*replay|rebuilding\.html/],
  ["multi-tenant", /questions\.html#.*multi-tenant/],
  ["how many events per second", /questions\.html#how-fast|performance\.html/],
  ["report a vulnerability", /SECURITY\.html|versions\.html#security/],
];

const site = process.argv[2];
const read = (name) => fs.readFileSync(path.join(site, name), "utf8");
const home = read("index.html");
const config = JSON.parse(home.match(/<script id="__config"[^>]*>(.*?)<\/script>/s)[1]);

// The page's own program makes Lunr's question of what is typed; it must come before the one that uses it.
const scripts = [...home.matchAll(/<script src="([^"]+)"/g)].map((found) => found[1]);
const own = scripts.findIndex((name) => name.endsWith("docs/search.js"));
if (own < 0 || own > scripts.findIndex((name) => name.includes("/bundle."))) {
  console.log("FAILED: docs/search.js is not loaded before the theme's program");
  process.exit(1);
}
const page = vm.createContext({});
vm.runInContext(read("docs/search.js"), page);

// The theme's worker, as a browser runs it.
const worker = { console: { warn: (text) => failures.push(text) } };
const failures = [];
let listener, answer;
Object.assign(worker, {
  self: worker, addEventListener: (_, called) => (listener = called), postMessage: (message) => (answer = message),
  importScripts() {},
});
vm.runInContext(read(config.search), vm.createContext(worker));
const SETUP = 0, QUERY = 2;

async function ask(question) {
  await listener({ data: { type: QUERY, data: page.__search.transform(question) } });
  return answer.data.items;
}

async function main() {
  const index = JSON.parse(read("search/search_index.json"));
  const options = {
    pipeline: config.translations["search.config.pipeline"].split(/\s*,\s*/).filter(Boolean), suggestions: true,
  };
  await listener({ data: { type: SETUP, data: { ...index, options } } });
  for (const [question, expected] of QUESTIONS) {
    const found = (await ask(question)).slice(0, PAGES).map((places) => places.slice(0, 2).map((place) => place.location));
    if (!found.flat().some((location) => expected.test(location)))
      failures.push(`"${question}" finds ${JSON.stringify(found)}, not ${expected}`);
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  console.log(`${QUESTIONS.length} questions, ${failures.length} without an answer`);
  process.exit(failures.length ? 1 : 0);
}

main();
