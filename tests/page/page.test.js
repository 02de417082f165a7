// SPDX-License-Identifier: MIT
// The web page in a browser: served by `castore serve` from an SQLite file with the events of data.js, by the Explorer of
// examples/explorer, and, for inputs that it has not and what a server does when it fails, by stub.js. page.sh runs it.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { chromium } = require("playwright-core");
const data = require("./data.js");
const { createStub } = require("./stub.js");

const PROGRAM = process.env.CASTORE_PROGRAM;
const WORK = path.resolve("work");
const SHOTS = path.resolve("screenshots");
const DATABASE = path.join(WORK, "pokemons.db");
const LARGE = path.join(WORK, "large.db");
const PAGE = path.join(__dirname, "../../tools/castore/page");
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

let browser;
const servers = []; // castore serve, and the example
let real; // where the one of the small database is
let large;
let stub;
let typed; // where the stub is
let explored; // where examples/explorer is, and who may run its commands
let exploredToken;
const asked = []; // every address that any page asked for
const failures = []; // what pages complained about

const castore = (...words) => execFileSync(PROGRAM, words, { encoding: "utf8", maxBuffer: 1e9 });
const lines = (events) =>
  events.map(({ store, ...event }) => data.json({ eventStoreId: store, event }) + "\n").join("");
const pushed = (file, ...events) => {
  fs.writeFileSync(file, lines(events));
  castore("import", DATABASE, file);
};

/// Where `castore serve` serves a database.
const serve = (database) => start(PROGRAM, "serve", database);

/// The address that a server prints.
async function start(program, ...words) {
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.stdout.once("data", (text) => resolve(String(text).trim()));
    server.once("exit", () => reject(new Error(`${program} ended`)));
  });
}

before(async () => {
  pushed(path.join(WORK, "small.jsonl"), ...data.events({ aggregates: 0, events: 0 }));
  fs.copyFileSync(DATABASE, LARGE);
  execFileSync("python3", [path.join(__dirname, "fill.py"), LARGE]);
  const started = [serve(DATABASE), serve(LARGE), start(process.env.CASTORE_EXPLORER, path.join(WORK, "explored.db"))];
  [real, large, explored] = await Promise.all(started);
  [explored, exploredToken] = explored.split("#token=");
  stub = createStub({ aggregates: 10, events: 300, token: "secret" });
  await new Promise((resolve) => stub.server.listen(0, "127.0.0.1", resolve));
  typed = `http://127.0.0.1:${stub.server.address().port}/`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});

after(async () => {
  await browser?.close();
  servers.forEach((server) => server.kill());
  stub?.server.closeAllConnections();
  stub?.server.close();
});

/// A page at a place, that tells when anything goes wrong in it. `base`: of which server.
async function open(place = {}, { base = real, viewport = WIDE, colorScheme = "light" } = {}) {
  const page = free.pop() ?? (await newPage());
  page.violations.length = 0;
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await page.goto(base + address(place));
  return page;
}

/// Goes on to another place of the same server, as a link does: without loading the program again.
async function visit(page, place) {
  await page.evaluate(
    (href) => {
      const link = document.createElement("a");
      link.href = href;
      document.body.append(link);
      link.click();
      link.remove();
    },
    address(place) || "/",
  );
}

/// Those that tests have left: a new one costs more than most tests.
const free = [];
async function close(page) {
  await page.evaluate(() => (localStorage.clear(), sessionStorage.clear()));
  await page.goto("about:blank");
  free.push(page);
}

async function newPage() {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => failures.push(String(error.stack)));
  page.violations = [];
  await page.exposeFunction("tellViolation", (text) => page.violations.push(text));
  await page.addInitScript(() => {
    window.harm = (what) => (window.harmed = what);
    addEventListener("securitypolicyviolation", (event) =>
      window.tellViolation(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return page;
}
const address = (place) => (Object.keys(place).length > 0 ? `?${new URLSearchParams(place)}` : "");
const place = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const heading = (page, text) => page.locator("h1", { hasText: text }).waitFor();
const settled = (page, text) => page.locator(".state .json", { hasText: text }).waitFor();

/// What the tree of a state marks: [[kind, text]].
const marks = (page) =>
  page
    .locator(".state .line:is(.changed, .added, .removed)")
    .evaluateAll((all) =>
      all.map((line) => [line.className.replace("line ", ""), line.querySelector(".content").textContent]),
    );
/// Waits for a function of the page to be true; what it is about is in the failure.
const until = (page, condition, value) => page.waitForFunction(condition, value, { polling: 50 });

/// A panel next to the events that is quick.
const QUIET = { tab: "compare", from: "1", to: "1" };

describe("where one is", () => {
  test("links lead from stores to an aggregate, the back button back, and each place has an address", async () => {
    const page = await open();
    await page.locator(".stores .row-link", { hasText: "POKEMONS" }).click();
    assert.deepEqual(place(page), { store: "POKEMONS" });
    await page.locator(".aggregate .row-link", { hasText: "pikachu" }).click();
    await heading(page, "pikachu");
    assert.deepEqual(place(page), { store: "POKEMONS", id: "pikachu" });
    await page.getByRole("link", { name: "Compare" }).click();
    assert.equal(place(page).tab, "compare");
    await page.goBack();
    assert.equal(place(page).tab, undefined);
    await page.locator(".state .json").waitFor();
    await page.goBack();
    await heading(page, "POKEMONS");
    await page.locator(".aggregate .row-link", { hasText: "eevee" }).waitFor();
    await page.goBack();
    await page.locator(".stores .row-link", { hasText: "TRAINERS" }).waitFor();
    await page.goForward();
    await heading(page, "POKEMONS");
    assert.equal(await page.title(), "POKEMONS \u2013 castore");
    await close(page);
  });

  test("an address with a version opens the aggregate there", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", version: "7", tab: "state" });
    await settled(page, "12");
    assert.equal(await page.locator(".slider").inputValue(), "7");
    assert.equal(await page.locator(".event.current").getAttribute("data-version"), "7");
    await close(page);
  });

  test("an aggregate that is not there, and a store that is not, are said so", async () => {
    const page = await open({ store: "POKEMONS", id: "nobody" });
    await page.getByText("There is no such aggregate.").waitFor();
    await visit(page, { store: "NOTHING" });
    await page.getByText("This store has no aggregates.").waitFor();
    await close(page);
  });
});

describe("states", () => {
  test("the slider shows the state at each version, and marks what it changed", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", version: "1", tab: "state" });
    await settled(page, "Pallet");
    assert.deepEqual(
      (await marks(page)).filter(([kind]) => kind !== "added"),
      [],
    );
    await page.locator(".slider").focus();
    await page.keyboard.press("ArrowRight");
    await settled(page, "Viridian");
    assert.deepEqual(await marks(page), [["changed", 'city: "Pallet" \u2192 "Viridian"']]);
    await page.locator(".slider").fill("7");
    await settled(page, "Pidgey");
    assert.deepEqual(await marks(page), [
      ["changed", "now: 35 \u2192 12"],
      ["added", 'against: "Pidgey"'],
      ["added", "turns: 9"],
      ["added", "won: true"],
    ]);
    await until(page, () => new URLSearchParams(location.search).get("version") === "7");
    await page.keyboard.press("End");
    await until(page, () => document.querySelector(".cursor-about").textContent.includes("POKEMON_LEVELED_UP"));
    assert.equal(await page.locator(".version-number").first().inputValue(), "12");
    await until(page, () => new URLSearchParams(location.search).get("version") === "12");
    await page.reload();
    await settled(page, "Thunder Wave");
    await close(page);
  });

  test("each value says which event last set it, and leads there", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", tab: "state" });
    await settled(page, "Thunder Wave");
    const nickname = page.locator(".state .line", { hasText: "nickname" });
    assert.equal(await nickname.locator(".blame").textContent(), "v9");
    await nickname.locator(".blame").click();
    await until(page, () => document.querySelector(".slider").value === "9");
    await page.getByRole("link", { name: "Fields" }).click();
    const row = page.locator(".fields tr", { hasText: "/position/city" });
    await row.waitFor();
    assert.match(await row.textContent(), /"Viridian".*v2.*POKEMON_MOVED/);
    await page.getByLabel("Filter fields").fill("HEALTH");
    await until(page, () => document.querySelectorAll(".fields tbody tr").length === 2);
    await close(page);
  });

  test("two versions are compared", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", tab: "compare", from: "2", to: "4" });
    await page.locator(".compare").waitFor();
    const rows = await page
      .locator(".compare tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.deepEqual(rows, [
      ["/ball/bonus", "not there", "1"],
      ["/ball/kind", "not there", '"poke"'],
      ["/level", "5", "6"],
      ["/moves", '["Thunder Shock", "Growl"]', '["Thunder Shock", "Growl", "Quick Attack"]'],
      ["/status", "not there", '"caught"'],
      ["/trainer_id", "not there", '"ash"'],
    ]);
    await page.getByRole("button", { name: "Swap" }).click();
    await until(page, () => new URLSearchParams(location.search).get("from") === "4");
    await close(page);
  });

  test("the reducer's state, where there is one, can take the place of merged data", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", version: "5", tab: "state" }, { base: explored });
    await settled(page, "aggregate_id");
    const caught = [
      ["changed", 'status: "wild" \u2192 "caught"'],
      ["changed", 'trainer_id: "" \u2192 "ash"'],
    ];
    assert.deepEqual(await marks(page), caught);
    await page.getByRole("button", { name: "Merged data" }).click();
    await page.locator(".state .added", { hasText: "trainer_id" }).waitFor();
    assert.deepEqual(await marks(page), [["added", 'trainer_id: "ash"']]);
    assert.equal(place(page).source, "data");
    await visit(page, { store: "POKEMONS", id: "pikachu", version: "6", tab: "fields" });
    const setBy = (field) =>
      page
        .locator("tr", { has: page.locator("th", { hasText: new RegExp(`^/${field}$`) }) })
        .locator(".set-by")
        .textContent();
    assert.match(await setBy("level"), /^v6 POKEMON_LEVELED_UP/);
    assert.match(await setBy("status"), /^v5 /);
    await visit(page, { store: "POKEMONS", id: "pikachu", version: "6", tab: "compare", from: "1", to: "6" });
    await page.getByText("3 fields differ").waitFor();
    await close(page);
  });

  test("where it would take too long to tell what set each field, the page says why, and shows the state", async () => {
    const why = "the states are larger together than 10 bytes; ask without blame";
    const page = await open({ store: "POKEMONS", id: "pikachu", version: "5", tab: "state" }, { base: explored });
    await settled(page, "aggregate_id");
    await page.route(/\/v1\/state\?.*blame=true/, (route) =>
      route.fulfill({
        status: 422,
        contentType: "application/problem+json",
        body: JSON.stringify({ title: "Unprocessable Content", status: 422, code: "too_much_to_compare", detail: why }),
      }),
    );
    await visit(page, { store: "POKEMONS", id: "pikachu", version: "2", tab: "state" });
    await page.locator(".state").getByText(why).waitFor();
    await settled(page, 'status: "wild"');
    await visit(page, { store: "POKEMONS", id: "pikachu", version: "3", tab: "fields" });
    await page.getByText(why).waitFor();
    await page.locator("tr", { hasText: "/status" }).getByText("wild").waitFor();
    await close(page);
  });

  test("types that the program knows have a schema, also those that never happened", async () => {
    const page = await open({ store: "POKEMONS", tab: "types" }, { base: explored });
    const row = page.locator("tr", { hasText: "POKEMON_APPEARED" });
    await row.getByText("Schema").click();
    await row.locator(".json", { hasText: "properties" }).waitFor();
    assert.ok((await row.locator(".json").textContent()).includes('type: "integer"'));
    await visit(page, { store: "TRAINERS", id: "ash", version: "1" });
    await settled(page, "caught_pokemon_ids");
    await close(page);
  });
});

describe("very many", () => {
  test("an aggregate of 10,000 events is drawn in parts, and any version is near", async () => {
    const before = asked.length;
    const page = await open({ store: "COUNTERS", id: "long", tab: "test" }, { base: large });
    await page.locator('.event[data-version="10000"]').waitFor();
    const loads = asked.slice(before).filter((url) => url.includes("/v1/events"));
    assert.ok(loads.length <= 6, loads.join("\n"));
    const rows = () => page.locator(".event").count();
    assert.ok((await rows()) <= 300, `${await rows()} rows`);
    await page.locator(".version-number").fill("5000");
    await page.keyboard.press("Enter");
    await page.locator('.event.current[data-version="5000"]').waitFor();
    await until(page, () => {
      const { top, bottom } = document.querySelector(".event.current").getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    });
    for (let step = 0; step < 10; ++step) await page.mouse.wheel(0, 5000);
    await until(page, () => document.querySelectorAll(".event").length <= 500);
    // A reader who has gone on before the answer came.
    const answers = [];
    await page.route("**/v1/events*", (route) => void answers.push(route));
    await page.evaluate(() => scrollTo(0, 100_000));
    for (let wait = 0; answers.length < 2 && wait < 400; ++wait) await page.waitForTimeout(20);
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator('.event[data-version="10000"]').waitFor();
    const came = answers.map(async (route) => (await page.waitForResponse(route.request().url())).finished());
    await Promise.all(answers.splice(0).map((route) => route.continue()));
    await Promise.all(came);
    await page.waitForTimeout(100); // what would be drawn is drawn by now, or is cleared in a moment
    await page.unroute("**/v1/events*");
    await until(page, () => [...document.querySelectorAll(".event")].every((row) => Number(row.dataset.version) > 9000));
    await close(page);
  });

  test("its events are filtered by type and time", async () => {
    const page = await open(
      { store: "COUNTERS", id: "long", tab: "test", type: "COUNTER_RENAMED", before: "2024-05-04T08:05:00.000Z" },
      { base: large },
    );
    await page.locator(".event").first().waitFor();
    await until(page, () => document.querySelectorAll(".event").length === 30);
    assert.equal(await page.locator(".event .type").first().textContent(), "COUNTER_RENAMED");
    await close(page);
  });

  test("a filter may match nothing", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", ...QUIET });
    await page.locator(".event").first().waitFor();
    await page.keyboard.press("f");
    await page.locator(".events-card [data-filter]").fill("NO_SUCH");
    await page.getByText("No event matches.").waitFor();
    await close(page);
  });

  test("a store of 100,000 aggregates comes page by page, and ids are found by their beginning", async () => {
    const page = await open({ store: "MANY" }, { base: large });
    await page.getByText("order-099999").waitFor();
    const rows = () => page.locator(".aggregate").count();
    assert.ok((await rows()) <= 300);
    for (let step = 0; step < 12; ++step) {
      const known = await page.locator(".filters [role=status]").textContent();
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await until(page, (text) => document.querySelector(".filters [role=status]").textContent !== text, known);
    }
    await until(page, () => document.querySelectorAll(".aggregate").length <= 500);
    await page.locator("[data-filter]").fill("order-01234");
    await until(page, () => document.querySelectorAll(".aggregate").length === 10);
    assert.equal(place(page).prefix, "order-01234");
    await page.locator(".aggregate .row-link").first().click();
    await heading(page, "order-012349");
    await page.goBack();
    await until(page, () => document.querySelectorAll(".aggregate").length === 10);
    await page.getByRole("button", { name: "Oldest first" }).click();
    await until(page, () => document.querySelector(".aggregate .row-link")?.textContent === "order-012340");
    await close(page);
  });
});

describe("the keyboard", () => {
  test("does everything, and one sees where it is", async () => {
    const page = await open();
    await page.locator(".stores .row-link").first().waitFor();
    const press = (...keys) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
    await press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    for (let stop = 0; stop < 16; ++stop) {
      await press("Tab");
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        const style = [getComputedStyle(element), getComputedStyle(element, "::after")];
        return {
          name: element.outerHTML.slice(0, 80),
          isSeen:
            element === document.body ||
            style.some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 2),
        };
      });
      assert.ok(focus.isSeen, `no focus to be seen on ${focus.name}`);
    }
    await page.evaluate(() => document.activeElement.blur());
    await press("?");
    await page.getByRole("dialog").getByText("version before, version after").waitFor();
    await press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await press("o");
    await page.getByRole("dialog").getByLabel("Store").selectOption({ label: "POKEMONS" });
    await page.getByRole("dialog").getByLabel("Id").focus();
    await page.keyboard.type("pik");
    await until(page, () => document.querySelector(".found")?.textContent === "pikachu");
    await press("ArrowDown", "Enter");
    await heading(page, "pikachu");
    await settled(page, "Thunder Wave");
    await press("[", "[");
    await until(page, () => document.querySelector(".slider").value === "10");
    await press("]");
    await until(page, () => document.querySelector(".slider").value === "11");
    await press("j"); // to the row of this version
    await press("j");
    await until(
      page,
      () =>
        document.activeElement.closest(".event")?.dataset.version === "10" &&
        document.querySelector(".slider").value === "10",
    );
    await press("Enter");
    await page.locator('.event.open[data-version="10"] .part').first().waitFor();
    await press("Enter");
    await page.locator('.event.open[data-version="10"]').waitFor({ state: "detached" });
    await press("e");
    await until(page, () => document.querySelectorAll(".event.open").length === 12);
    await press("e");
    await until(page, () => document.querySelectorAll(".event.open").length === 0);
    await press("0");
    await settled(page, "Pallet");
    await press("f");
    await page.keyboard.type("POKEMON_HEALED");
    await until(page, () => document.querySelectorAll(".event").length === 2);
    await press("Escape", "g", "p");
    await heading(page, "Projections");
    await press("g", "l");
    await heading(page, "Live");
    await press("/");
    assert.equal(await page.evaluate(() => document.activeElement.type), "search");
    await press("Escape", "g", "s");
    await page.locator(".stores").waitFor();
    await press("j", "Enter");
    await page.locator(".aggregate").first().waitFor();
    await press("t");
    await press("t");
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
    await page.reload();
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
    await close(page);
  });

  test("whoever walks through ids that were found stays there when another list comes", async () => {
    const page = await open();
    await page.locator(".stores").waitFor();
    for (const [chosen, focused] of [
      ["pikachu", "pikachu"],
      ["eevee", ""], // it is not in the new list: the field has the focus
    ]) {
      await page.keyboard.press("o");
      await page.getByRole("dialog").getByLabel("Store").selectOption({ label: "POKEMONS" });
      const button = page.locator(".found button", { hasText: chosen });
      await button.waitFor();
      let answer;
      const held = new Promise((resolve) => (answer = resolve));
      await page.route(/\/v1\/aggregates\?.*prefix=pik/, (route) => answer(route));
      await page.getByRole("dialog").getByLabel("Id").fill("pik");
      const route = await held;
      await button.focus();
      await route.continue();
      await until(page, () => document.querySelector(".found").textContent === "pikachu");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), focused);
      assert.equal(await page.evaluate(() => document.activeElement.tagName), focused ? "BUTTON" : "INPUT");
      await page.unroute(/\/v1\/aggregates\?.*prefix=pik/);
      await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await close(page);
  });

  test("single letters can be switched off", async () => {
    const page = await open();
    await page.locator(".stores").waitFor();
    await page.keyboard.press("?");
    await page.getByLabel("Single letters are keys").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.keyboard.press("o");
    assert.deepEqual([place(page), await page.getByRole("dialog").count()], [{}, 0]);
    await close(page);
  });

  test("everything that can be pressed has a name", async () => {
    for (const [where, base] of [
      [{ store: "POKEMONS", id: "pikachu" }, real],
      [{ view: "live" }, real],
      [{ view: "commands", command: "WILD_POKEMON_APPEAR" }, typed],
      [{ view: "projections" }, typed],
    ]) {
      const page = await open(where, { base });
      await page.locator(".event, .command-form").first().waitFor();
      const faults = await page.evaluate(() =>
        [...document.querySelectorAll("button, a[href], input, select, textarea, summary, [role]")]
          .filter((element) => {
            if (
              element.closest("[hidden], [aria-hidden=true]") ||
              element.matches("[role=presentation], [role=listitem], [role=status], [role=alert], [role=search]")
            )
              return false;
            const name =
              element.getAttribute("aria-label") ||
              element.textContent.trim() ||
              element.labels?.[0]?.textContent.trim() ||
              element.getAttribute("title") ||
              document.getElementById(element.getAttribute("aria-labelledby"))?.textContent;
            return !name;
          })
          .map((element) => element.outerHTML.slice(0, 120)),
      );
      assert.deepEqual(faults, []);
      await close(page);
    }
  });
});

describe("hostile events", () => {
  const ID = data.HOSTILE_ID;

  test("nothing of them runs, loads or breaks anything, wherever it is shown", async () => {
    const page = await open({ store: "HOSTILE" });
    await page.locator(".aggregate").first().waitFor();
    const scripts = () =>
      page.evaluate(() =>
        [...document.querySelectorAll("script, iframe, object, embed, base, style, main img, main link")]
          .map((element) => element.outerHTML)
          .filter((text) => !text.includes('src="page/')),
      );
    assert.deepEqual(await scripts(), []);
    await page.locator(".aggregate .row-link", { hasText: "harm('id')" }).click();
    await heading(page, "harm('id')");
    assert.equal(place(page).id, ID);
    await page.locator('.event[data-version="12"]').waitFor();
    await page.getByRole("button", { name: "Expand all" }).click();
    await page.locator('.event.open[data-version="1"] .json').first().waitFor();
    for (const tab of ["State", "Fields", "Compare", "As a test"]) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      await page.locator(".panel-body :is(.json, table, .code)").first().waitFor();
    }
    assert.deepEqual(await scripts(), []);
    await visit(page, { store: "HOSTILE", tab: "types" });
    await page.locator(".field-names").first().waitFor();
    await visit(page, { view: "live", in: "HOSTILE" });
    await page.locator(".event", { hasText: "harm" }).first().waitFor();
    for (const head of await page.locator(".event-head").all()) await head.click();
    assert.deepEqual(await scripts(), []);
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.evaluate(() => ({}).polluted), undefined);
    assert.deepEqual(page.violations, []);
    await close(page);
  });

  test("what cannot be seen is shown by symbols, and nothing turns the text around it", async () => {
    const page = await open({ store: "HOSTILE", id: ID, version: "3", ...QUIET });
    await page.locator('[data-version="3"] .event-head').click();
    const text = (version, key) =>
      page
        .locator(`.event[data-version="${version}"] .part .line:not(summary)`, { hasText: key })
        .first()
        .locator(".content")
        .textContent();
    assert.equal(await text(3, "escape"), 'escape: "ESC[31mredESC]8;;http://elsewhere.exampleBEL"');
    assert.equal(await text(3, "nul"), 'nul: "aNULb"');
    assert.equal(await text(3, "c1"), 'c1: "009B31m"');
    assert.equal(await text(3, "lines"), 'lines: "oneCR\u21b5two2028three"');
    await page.locator('[data-version="4"] .event-head').click();
    assert.equal(await text(4, "file"), 'file: "photo_202Egnp.exe"');
    assert.equal(await text(4, "zero"), 'zero: "pay200Bpal"');
    assert.match(await page.locator("h1").textContent(), /202Egnp\.exeBEL \u{1f9e8}/u);
    const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/u;
    assert.doesNotMatch(await page.locator("body").innerText(), unsafe);
    assert.doesNotMatch(await page.title(), unsafe);
    await page.locator('[data-version="10"] .event-head').click();
    assert.match(await text(10, "family"), /\u{1f468}\u200d\u{1f469}\u200d\u{1f467}/u);
    await close(page);
  });

  test("numbers keep their digits, and names their places", async () => {
    const page = await open({ store: "HOSTILE", id: ID, version: "9", ...QUIET });
    await page.locator('[data-version="9"] .event-head').click();
    const shown = await page.locator('.event[data-version="9"] .part').first().textContent();
    for (const digits of ["9007199254740993", "-9223372036854775808", "18446744073709551615", "one: 1.0", "1e-300"])
      assert.ok(shown.includes(digits), `${digits} is not in ${shown}`);
    await page.locator('[data-version="5"] .event-head').click();
    const names = await page.locator('.event[data-version="5"] .part').first().textContent();
    for (const name of ["__proto__", "constructor", "toString", "length", "a/b"])
      assert.ok(names.includes(name), `${name} is not in ${names}`);
    await close(page);
  });

  test("a payload of 5 MB is shown cut, whole when asked for, and can be saved", async () => {
    const page = await open({ store: "HOSTILE", id: "big", ...QUIET });
    await page.locator(".event-head").click();
    const event = page.locator(".event");
    await event.getByText("5.0 MB of text").waitFor();
    assert.ok((await event.textContent()).length < 5000);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      event.locator(".cut").getByRole("button", { name: "Download" }).click(),
    ]);
    assert.equal(fs.statSync(await download.path()).size, data.BIG);
    await event.getByRole("button", { name: "Show all" }).click();
    await event.locator(".long-text").waitFor();
    assert.equal((await event.locator(".long-text").textContent()).length, data.BIG);
    await event.getByRole("button", { name: "Show less" }).click();
    await event.locator(".long-text").waitFor({ state: "detached" });
    await visit(page, { store: "HOSTILE", id: ID, ...QUIET });
    await page.locator('[data-version="7"] .event-head').click();
    await page
      .locator('.event[data-version="7"]')
      .getByRole("button", { name: /^Show 100 more of 5,000/ })
      .click();
    await until(page, () => document.querySelectorAll('.event[data-version="7"] .part .line').length > 200);
    await close(page);
  });

  test("odd ids open", async () => {
    const page = await open({ store: "HOSTILE" });
    for (const id of [" ", "../../etc/passwd", "%2e%2e%2f", "a b\"c'd", "?store=X&id=Y#token=Z"]) {
      await visit(page, { store: "HOSTILE" });
      await page.locator(".aggregate").first().waitFor();
      await page.evaluate(
        (wanted) =>
          [...document.querySelectorAll(".aggregate .row-link")]
            .find((link) => new URL(link.href).searchParams.get("id") === wanted)
            .click(),
        id,
      );
      await page.locator('.event[data-version="1"]').waitFor();
      assert.equal(place(page).id, id);
      assert.equal(await page.locator("h1").textContent(), id === " " ? "SP" : id);
    }
    await close(page);
  });

  test("where a script does get in, the policy stops it", async () => {
    const page = await open();
    await page.locator(".stores").waitFor();
    await page.evaluate(() => {
      const image = document.createElement("img");
      image.setAttribute("onerror", "harm('inline')");
      image.src = "http://127.0.0.1:9/elsewhere.png";
      const script = document.createElement("script");
      script.textContent = "harm('script')";
      document.body.append(image, script);
      fetch("http://127.0.0.1:9/elsewhere").catch(() => {});
    });
    for (let wait = 0; page.violations.length < 4 && wait < 100; ++wait) await page.waitForTimeout(20);
    assert.deepEqual(page.violations.map((text) => text.split(" ")[0]).sort(), [
      "connect-src",
      "img-src",
      "script-src-attr",
      "script-src-elem",
    ]);
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    await close(page);
  });
});

describe("what happens", () => {
  const event = (version, store = "NEWS") => ({
    store,
    aggregateId: "today",
    version,
    type: "NEWS_CAME",
    timestamp: new Date().toISOString(),
    payload: { version },
  });

  test("events that come are shown, unless one pauses, and old ones below", async () => {
    const page = await open({ view: "live" });
    await page.locator(".event").first().waitFor();
    await page.locator(".live-state:is(.live, .polling)").waitFor();
    pushed(path.join(WORK, "1.jsonl"), event(1));
    await page.locator(".event.new", { hasText: "NEWS_CAME" }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    pushed(path.join(WORK, "2.jsonl"), event(2), event(3));
    await page.getByRole("button", { name: "2 new events" }).click();
    await until(page, () => document.querySelectorAll(".event.new").length === 3);
    assert.match(await page.locator(".event").first().textContent(), /today v3/);
    await page.getByLabel("Type").fill("POKEMON_NICKNAMED");
    await until(
      page,
      () =>
        document.querySelectorAll(".event").length === 1 &&
        document.querySelector(".event").textContent.includes("Sparky"),
    );
    assert.equal(place(page).type, "POKEMON_NICKNAMED");
    await close(page);
  });

  test("an aggregate that one looks at tells of new events", async () => {
    const page = await open({ store: "NEWS", id: "today" });
    await page.locator('.event[data-version="3"]').waitFor();
    pushed(path.join(WORK, "3.jsonl"), event(4));
    await page.getByRole("button", { name: "1 new event: show" }).click();
    await page.locator('.event.current[data-version="4"]').waitFor();
    await close(page);
  });

  test("a stream is followed, and goes on where it broke off; without streams it asks again", async () => {
    const page = await open({ view: "live", in: "TRAINERS" }, { base: typed });
    await page.locator(".live-state.live").waitFor();
    stub.push({ ...event(1, "TRAINERS") });
    stub.push({ ...event(1) });
    await page.locator(".event.new").waitFor();
    assert.deepEqual(await page.locator(".event.new .of").allTextContents(), ["TRAINERS / today v1"]);
    await close(page);
    const other = createStub({ aggregates: 0, events: 0, streams: false });
    await new Promise((resolve) => other.server.listen(0, "127.0.0.1", resolve));
    const polling = await open({ view: "live" }, { base: `http://127.0.0.1:${other.server.address().port}/` });
    await polling.locator(".live-state.polling").waitFor();
    other.push(event(1));
    await polling.locator(".event.new").waitFor();
    await close(polling);
    other.server.closeAllConnections();
    other.server.close();
  });

  test("the chain of a correlation is shown, each event below its cause", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", version: "4" });
    await page.locator('[data-version="4"] .event-head').click();
    await page.getByRole("link", { name: "walk-1" }).click();
    await page.getByText("13 events in 2 stores.").waitFor();
    const rows = await page
      .locator(".event")
      .evaluateAll((all) =>
        all.map((row) => [parseInt(row.style.marginInlineStart || 0), row.querySelector(".of").textContent]),
      );
    assert.deepEqual(rows.slice(0, 3), [
      [0, "POKEMONS / pikachu v1"],
      [20, "POKEMONS / pikachu v2"],
      [40, "POKEMONS / pikachu v3"],
    ]);
    assert.deepEqual(
      rows.find(([, of]) => of.startsWith("TRAINERS")),
      [80, "TRAINERS / ash v2"],
    );
    await close(page);
  });

  test("projections tell how far they are, and dead letters why", async () => {
    const page = await open({ view: "projections" }, { base: typed });
    await page.locator("tr", { hasText: "pokemon_list" }).getByText("at the end").waitFor();
    await page.locator("tr", { hasText: "mails" }).getByText("1 dead").waitFor();
    const letter = page.locator(".letter");
    assert.match(await letter.textContent(), /mails.*tried 3 times.*refused the address <b>ash<\/b>ESC\[31m/);
    await close(page);
    const none = await open({ view: "projections" });
    await none.getByText("Nothing keeps its place here yet.").waitFor();
    await none.getByText("None: everything was handled.").waitFor();
    await close(none);
  });

  test("a server that does not answer is said so, and asked again", async () => {
    const page = await open({ store: "POKEMONS" });
    await page.locator(".aggregate").first().waitFor();
    await page.route("**/v1/types*", (route) => route.abort());
    await page.getByRole("link", { name: "Event types" }).click();
    await page.getByText("The server does not answer.").waitFor();
    await page.unroute("**/v1/types*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("td code", { hasText: "nickname" }).waitFor();
    await close(page);
  });
});

describe("commands", () => {
  test("a program that knows no types has none", async () => {
    const page = await open({ view: "commands" });
    await page.getByText("Stores").first().waitFor();
    assert.equal(await page.getByRole("link", { name: "Commands" }).count(), 0);
    await close(page);
  });

  test("are simulated before they run, by a form made of the schema", async () => {
    const page = await open({ view: "commands", command: "WILD_POKEMON_APPEAR" }, { base: typed });
    const run = page.getByRole("button", { name: "Run", exact: true });
    const simulate = page.getByRole("button", { name: "Simulate" });
    await simulate.click();
    await page.getByText("The aggregate id is missing").waitFor();
    await page.getByLabel("Aggregate id").fill("mew / 1");
    await page.getByLabel("name", { exact: true }).fill("Mew");
    await page.getByLabel("level").fill("200");
    await simulate.click();
    await page.getByText("level is not between 1 and 100").waitFor();
    await page.getByLabel("level").fill("7");
    await page.getByLabel("nature").selectOption("calm");
    await page.getByLabel("shiny").check();
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByLabel("moves 1", { exact: true }).fill("Pound");
    await page.getByLabel("place").check();
    await page.getByLabel("city").fill("Cerulean");
    await page.getByLabel("zone").fill("3");
    assert.equal(await run.isDisabled(), true);
    await simulate.click();
    await page.getByText("a token is needed").waitFor();
    await page.getByLabel("Token", { exact: true }).fill("secret");
    await page.getByRole("button", { name: "Use it" }).click();
    await page.getByText("It would push 1 event").waitFor();
    const answer = await page.locator(".answer").textContent();
    for (const part of [
      'name: "Mew"',
      "level: 7",
      'nature: "calm"',
      "shiny: true",
      '"Pound"',
      'city: "Cerulean"',
      "zone: 3",
    ])
      assert.ok(answer.includes(part), `${part} is not in ${answer}`);
    assert.ok(!answer.includes("nickname"));
    assert.equal(
      stub.log.some((one) => one.aggregateId === "mew / 1"),
      false,
    );
    await page.getByLabel("level").fill("8"); // it was not simulated so
    assert.equal(await run.isDisabled(), true);
    await simulate.click();
    await until(page, () => document.querySelector(".answer")?.textContent.includes("level: 8"));
    await run.click();
    await page.getByText("It pushed 1 event").waitFor();
    assert.deepEqual(stub.log.at(-1).payload, {
      name: "Mew",
      level: 8,
      nature: "calm",
      shiny: true,
      moves: ["Pound"],
      place: { city: "Cerulean", zone: 3 },
    });
    await page.getByRole("link", { name: "Open the aggregate" }).click();
    await heading(page, "mew / 1");
    await close(page);
  });

  test("say why they refuse, and are offered where their aggregate is; the token comes with the address", async () => {
    const page = await open({ store: "POKEMONS", id: "pikachu", tab: "commands" }, { base: explored });
    await page.locator("summary", { hasText: "WILD_POKEMON_APPEAR" }).click();
    assert.equal(await page.getByLabel("Aggregate id").inputValue(), "pikachu");
    await page.getByRole("button", { name: "As JSON", exact: true }).click();
    await page.getByRole("textbox", { name: "Input as JSON" }).fill('{"name":"Pikachu","level":5}');
    const simulate = page.getByRole("button", { name: "Simulate" });
    await simulate.click();
    await page.getByText("writing needs the header Authorization").waitFor();
    await page.goto("about:blank");
    await page.goto(`${explored}?store=POKEMONS&id=pikachu&tab=commands#token=${exploredToken}`);
    await page.locator("summary", { hasText: "WILD_POKEMON_APPEAR" }).click();
    assert.equal(new URL(page.url()).hash, "");
    assert.deepEqual(await page.locator(".form-fields .label").allTextContents(), ["name", "level"]);
    await page.getByRole("button", { name: "As JSON", exact: true }).click();
    const input = page.getByRole("textbox", { name: "Input as JSON" });
    for (const [text, refusal] of [
      ['{"name":"Pikachu","level":"5"}', "field 'level': it must be an integer"],
      ['{"name":"Pikachu","level":101}', "field 'level': it is from 1 to 100"],
      ['{"name":"Pikachu","level":5}', "Pikachu has appeared before"],
    ]) {
      await input.fill(text);
      await simulate.click();
      await page.getByText(refusal).waitFor();
      assert.equal(await page.getByRole("button", { name: "Run", exact: true }).isDisabled(), true);
    }
    await close(page);
  });

  test("are simulated and run by a program that knows them", async () => {
    const page = await open({ view: "commands", command: "LEVEL_UP_POKEMON", id: "pikachu" }, { base: explored });
    await page.goto(`${explored}?view=commands&command=LEVEL_UP_POKEMON&id=pikachu#token=${exploredToken}`);
    await page.getByText("It needs no input.").waitFor();
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.getByText("The state would be").waitFor();
    assert.deepEqual(await page.locator(".answer .changed .content").allTextContents(), ["level: 12 \u2192 13"]);
    await page.screenshot({ path: path.join(SHOTS, "simulated-1440-light.png") });
    const events = async (id) =>
      (await (await fetch(`${explored}v1/events?store=POKEMONS&id=${id}`)).json()).events.map(({ type }) => type);
    assert.equal((await events("pikachu")).length, 9);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("It pushed 1 event").waitFor();
    assert.equal((await events("pikachu")).at(-1), "POKEMON_LEVELED_UP");

    await visit(page, { view: "commands", command: "CATCH_POKEMON" });
    await page.getByLabel("pokemon_id").fill("mew/150");
    assert.equal(await page.getByLabel("Aggregate id").count(), 0);
    await page.getByLabel("trainer_id").fill("misty");
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.getByText("It would push 2 events").waitFor();
    await page.getByText("The state of misty in TRAINERS would be").waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("The state of mew/150 in POKEMONS is now").waitFor();
    await page.getByRole("link", { name: "Open the aggregate" }).first().click();
    await heading(page, "mew/150");
    await settled(page, "caught");
    assert.deepEqual(await marks(page), [
      ["changed", 'status: "wild" \u2192 "caught"'],
      ["changed", 'trainer_id: "" \u2192 "misty"'],
    ]);
    await close(page);
  });
});

describe("exports", () => {
  test("the lines of an aggregate can be imported again, digit for digit", async () => {
    for (const [base, store, id, count] of [
      [real, "HOSTILE", data.HOSTILE_ID, 12],
      [large, "COUNTERS", "long", 10_000],
    ]) {
      const page = await open({ store, id, ...QUIET }, { base });
      const button = page.getByRole("button", { name: "Export as JSON Lines" });
      const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
      const text = fs.readFileSync(await download.path(), "utf8");
      assert.equal(text.split("\n").length - 1, count);
      if (store === "HOSTILE") {
        const original = [...data.events({ aggregates: 0, events: 0 })].filter((event) => event.aggregateId === id);
        assert.equal(text, lines(original));
        const copy = path.join(WORK, "copy.db");
        castore("import", copy, await download.path());
        assert.equal(castore("events", copy, store, id).trim().split("\n").length, count);
      }
      await close(page);
    }
  });

  test("a test of the kit, which compiles", async () => {
    const page = await open({ store: "POKEMONS", id: "ivysaur", tab: "test" });
    await page.locator(".code").waitFor();
    await page.getByLabel("when").fill("level_up");
    await until(page, () => document.querySelector(".code").textContent.includes("level_up"));
    const file = fs.readFileSync(path.join(__dirname, "../examples/exported_by_page.test.cpp"), "utf8");
    const tested = (text) => text.slice(text.indexOf("// Written")).replaceAll(/\s+/g, ""); // its lines are broken otherwise
    assert.equal(tested(await page.locator(".code").textContent()), tested(file));
    await close(page);
  });

  test("types, fields and values become C++", async () => {
    const page = await open();
    const written = (given) =>
      page.evaluate(async (text) => {
        const { testText } = await import("./page/test_text.js");
        const { parse } = await import("./page/json.js");
        return testText({
          given: [],
          then: [{ type: "order.placed-v2", ...parse(text) }],
          storeType: "S",
          name: 'a"b',
        });
      }, given);
    const then = async (given) => /\.then\(([^]*)\)\);/.exec(await written(given))[1];
    assert.equal(await then("{}"), "OrderPlacedV2{}");
    assert.equal(
      await then('{"payload":{"customerId":"c","isNew":true,"none":null,"total":1.50,"items":[{"n":1}]}}'),
      'OrderPlacedV2{.customer_id = "c", .is_new = true, .none = std::nullopt, .total = 1.50, .items = {{.n = 1}}}',
    );
    assert.equal(
      await then('{"payload":{"big":18446744073709551615,"least":-9223372036854775808}}'),
      "OrderPlacedV2{.big = 18446744073709551615u, .least = (-9223372036854775807 - 1)}",
    );
    assert.equal(await then('{"payload":{"a b":1}}'), 'OrderPlacedV2{{"a b", 1}}');
    assert.equal(
      await then('{"payload":"x\\"\\\\\\n\\u001b1\\u202e\\u0000"}'),
      'OrderPlacedV2{std::string{"x\\"\\\\\\n\\0331\\u202e\\000", 10}}',
    );
    assert.equal(
      await then('{"payload":{},"metadata":{"by":"ash","$context":{}}}'),
      'castore::EventDetail<OrderPlacedV2>{.payload = {}, .metadata = {.by = "ash"}}',
    );
    assert.match(await written("{}"), /TEST_CASE\("a\\"b"\)/);
    await close(page);
  });

  test("values and events are copied as they are", async () => {
    const page = await open({ store: "HOSTILE", id: data.HOSTILE_ID, version: "3", ...QUIET });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator('[data-version="3"] .event-head').click();
    await page.locator('.event[data-version="3"]').getByRole("button", { name: "Copy the payload as JSON" }).click();
    await until(page, () => document.getElementById("toast").textContent === "Copied the payload");
    const payload = [...data.events({ aggregates: 0, events: 0 })].find(
      (event) => event.type === "CONTROL_CHARACTERS",
    ).payload;
    assert.deepEqual(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())), payload);
    await close(page);
  });
});

describe("how it looks", () => {
  const places = () => [
    ["store", { store: "MANY" }, ".aggregate", large],
    ["stores", {}, ".counted", large],
    ["types", { store: "POKEMONS", tab: "types" }, ".field-names code", real],
    ["aggregate", { store: "POKEMONS", id: "pikachu", version: "7" }, ".event", real],
    ["state", { store: "POKEMONS", id: "pikachu", version: "7", tab: "state" }, ".state .changed", real],
    ["fields", { store: "POKEMONS", id: "pikachu", tab: "fields" }, ".fields", real],
    ["compare", { store: "POKEMONS", id: "pikachu", tab: "compare", from: "2", to: "11" }, ".compare", real],
    ["test", { store: "POKEMONS", id: "ivysaur", tab: "test" }, ".code", real],
    ["hostile", { store: "HOSTILE", id: data.HOSTILE_ID, version: "4", tab: "state" }, ".state .json .string", real],
    ["live", { view: "live" }, ".event", real],
    ["projections", { view: "projections" }, ".letter", typed],
    ["commands", { view: "commands", command: "WILD_POKEMON_APPEAR" }, ".command-form", typed],
    ["explored", { store: "POKEMONS", id: "pikachu", version: "5", tab: "state" }, ".state .json", explored],
  ];

  for (const viewport of [WIDE, NARROW]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`nothing is too wide or too faint at ${viewport.width} pixels, ${colorScheme}`, async () => {
        const isEverything = (viewport === WIDE) === (colorScheme === "light");
        let page;
        let at;
        for (const [name, where, ready, base] of places().filter(
          ([name]) => isEverything || ["aggregate", "state", "commands", "explored"].includes(name),
        )) {
          if (base !== at) {
            if (page) await close(page);
            page = await open(where, { base, viewport, colorScheme });
            at = base;
          } else {
            await visit(page, where);
          }
          await page.locator(ready).first().waitFor();
          if (name === "aggregate") await page.locator('[data-version="7"] .event-head').click();
          await page.screenshot({ path: path.join(SHOTS, `${name}-${viewport.width}-${colorScheme}.png`) });
          assert.equal(
            await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
            false,
            `${name} is too wide`,
          );
          assert.deepEqual(await page.evaluate(faintTexts), [], name);
        }
        await close(page);
      });
    }
  }

  /// Texts whose contrast to what is behind them is below 4.5 (WCAG 2, AA).
  function faintTexts() {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const colour = (text) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = ([red, green, blue, alpha], below) =>
      [red, green, blue].map((value, index) => value * alpha + below[index] * (1 - alpha));
    const light = (rgb) =>
      rgb
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
      return layers
        .reverse()
        .reduce(
          (below, layer) => over(layer, below),
          colour(getComputedStyle(document.body).backgroundColor).slice(0, 3),
        );
    };
    const faint = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const element = node.parentElement;
      if (
        !node.textContent.trim() ||
        element.closest("[aria-hidden=true], .unseen, button:disabled, option, del, script") ||
        !element.checkVisibility({ checkOpacity: true })
      )
        continue;
      const ground = behind(element);
      const ink = over(colour(getComputedStyle(element).color), ground);
      const [low, high] = [light(ground), light(ink)].sort((left, right) => left - right);
      const contrast = (high + 0.05) / (low + 0.05);
      if (contrast < 4.5)
        faint.set(
          `${element.tagName}.${element.className}`,
          `${contrast.toFixed(2)} ${node.textContent.slice(0, 30)}`,
        );
    }
    return [...faint];
  }

  test("the reader's choice of colours is before the system's", async () => {
    const page = await open({}, { colorScheme: "dark" });
    await page.locator(".stores").waitFor();
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByRole("button", { name: /^Colours/ }).click();
    assert.notEqual(await ground(), dark);
    await close(page);
  });
});

describe("the house", () => {
  test("no file makes markup of text, or asks for anything elsewhere", () => {
    for (const name of fs.readdirSync(PAGE)) {
      const text = fs.readFileSync(path.join(PAGE, name), "utf8");
      assert.doesNotMatch(
        text,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|\beval\(|new Function|createContextualFragment/,
        name,
      );
      assert.doesNotMatch(
        text.replaceAll("http://www.w3.org/2000/svg", ""),
        /https?:\/\/|\/\/[a-z0-9-]+\.[a-z]{2,}/,
        name,
      );
      assert.doesNotMatch(text, /<[^>]+\son[a-z]+=|\sstyle="/, name);
    }
  });

  test("no page asked for anything of another server, and none had an error", () => {
    const foreign = asked.filter(
      (url) =>
        ![real, large, explored, "http://127.0.0.1:"].some((ours) => url.startsWith(ours)) &&
        !url.startsWith("blob:") &&
        !url.startsWith("data:"),
    );
    assert.deepEqual(foreign, []);
    assert.ok(asked.length > 200);
    assert.deepEqual(failures, []);
  });
});
