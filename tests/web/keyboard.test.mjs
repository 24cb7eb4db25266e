// keyboard.test.mjs - each page's work done without a mouse, with the focus always
// seen; and the same pages in colours that the system chooses.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bubble, nothingWrong, OPEN_CENTRE, shoot } from "./support/browser.mjs";
import { Day, PASSWORD } from "./support/desk.mjs";

let day, server;

before(async () => {
  day = await Day.begin(OPEN_CENTRE);
  ({ server } = day);
});
after(() => day?.end());

const FAR = 80; // presses to anything

// What has the focus, in shadow roots, too; and whether that is to be seen.
const focused = (page) => page.evaluate(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const style = getComputedStyle(at);
  const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || at.closest(".cm-editor") !== null || at === document.body;
  return { name: at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent.trim(), seen, body: at === document.body };
});

// Presses Tab until what is called @name has the focus; everything on the way shows it.
async function tabTo(page, name, key = "Tab") {
  const way = [];
  for (let i = 0; i < FAR; i++) {
    const at = await focused(page);
    if (!at.body) assert.ok(at.seen, `the focus is not seen on '${at.name}'`);
    if (name instanceof RegExp ? name.test(at.name) : at.name === name) return way;
    way.push(at.name.slice(0, 40));
    await page.keyboard.press(key);
  }
  assert.fail(`'${name}' is not reached: ${way.join(" | ")}`);
}
const press = async (page, name) => {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
};

test("an agent signs in, takes an offer, answers, asks for a hold, passes it on, and goes away", async () => {
  const page = await day.browser.open(day.page("desk"));
  await page.getByLabel("Login").waitFor();
  await page.keyboard.type("anna"); // it has the focus from the beginning
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Become available" }).waitFor();
  await press(page, "Become available");
  await page.getByText("Nothing to do.").waitFor();
  const { customer, session } = await day.handOver("Hello, by hand");
  await page.getByRole("timer").waitFor();
  await press(page, "Accept");
  await bubble(page, "Hello, by hand").waitFor();
  await tabTo(page, "Write a message");
  await page.keyboard.type("Good morning");
  await page.keyboard.press("Enter");
  await customer.hear("the answer", (f) => f.type === "message" && f.text === "Good morning");
  await press(page, "Hold");
  await page.getByText("The customer is on hold").waitFor();
  await press(page, "Take back");
  await page.getByText("The customer is on hold").waitFor({ state: "detached" });
  await press(page, "Note");
  await page.keyboard.press("Tab");
  await tabTo(page, "A note, which the customer never sees");
  await page.keyboard.type("rings on Mondays");
  await page.keyboard.press("Enter");
  await page.locator(".bubble.note", { hasText: "rings on Mondays" }).waitFor();
  await press(page, "Transfer");
  await page.getByRole("combobox").waitFor();
  await tabTo(page, /^To/);
  await page.keyboard.type("Queue: French");
  await press(page, "Transfer now");
  await page.getByText("Nothing to do.").waitFor();
  assert.equal((await server.as("supervisor")("GET", `/sessions/${session}`)).body.queue.id, "french");
  await tabTo(page, "Why away? (optional)");
  await page.keyboard.type("lunch");
  await press(page, "Step away");
  await page.getByText("Away · lunch").waitFor();
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("a supervisor finds who waits, gives it a priority, and looks into its story", async () => {
  const { session } = await day.handOver("Bonjour", { attributes: { tongue: "French" } });
  const page = await day.signedIn("sue", "wall");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("Bonjour");
  await page.keyboard.press("Enter");
  await page.getByText(/^\d+ sessions? with/).waitFor();
  await press(page, /^Visitor …/);
  await page.getByRole("button", { name: "Priority", exact: true }).waitFor();
  await press(page, "Priority");
  await tabTo(page, /^Priority, 0/);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("70");
  await page.keyboard.press("Enter");
  await page.locator(".facts", { hasText: "70" }).waitFor();
  await press(page, "The whole story in words");
  await page.locator("details[open]").waitFor();
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("a script is written, run and stepped through; the editor lets go of the focus", async () => {
  const page = await day.signedIn("sue", "studio?script=forum", { viewport: { width: 1440, height: 900 } });
  await page.getByText("1 warning").waitFor();
  await tabTo(page, "Text of the script");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("// more");
  await page.getByText("Draft, kept in this browser").waitFor();
  await page.keyboard.press("F9");
  await page.keyboard.press("Tab"); // and on: no trap
  assert.notEqual((await focused(page)).name, "Text of the script");
  await tabTo(page, "Flow");
  await page.keyboard.press("ArrowRight");
  await press(page, "Run");
  await page.keyboard.press("Tab");
  await press(page, "Run");
  await page.getByText("Before step 1 of 4").waitFor();
  await press(page, "Step");
  await page.getByText("Before step 2 of 4").waitFor();
  await press(page, "Drop the draft");
  await page.getByText("As published").waitFor();
  nothingWrong(page);
  await page.context().close();
});

test("in colours of the system's choice who speaks, what is chosen and the lines of a chart can be told apart", async () => {
  const forced = { forcedColors: "active", colorScheme: "dark" };
  const style = (page, what, name, pseudo) => page.locator(what).first().evaluate((one, [n, p]) => getComputedStyle(one, p)[n], [name, pseudo]);
  const wall = await day.signedIn("sue", "wall", forced);
  await wall.locator(".key").nth(2).waitFor();
  const colours = await wall.locator(".key").evaluateAll((all) => all.slice(0, 4).map((one) => getComputedStyle(one, "::before").backgroundColor));
  assert.equal(new Set(colours).size, 4, colours.join());
  await shoot(wall, "forced-wall");
  await wall.context().close();
  const studio = await day.signedIn("sue", "studio?script=forum", forced);
  await studio.getByText("1 warning").waitFor();
  assert.notEqual(await style(studio, '.tab[aria-selected="true"]', "backgroundColor"), await style(studio, '.tab[aria-selected="false"]', "backgroundColor"));
  await shoot(studio, "forced-studio");
  await studio.context().close();
  const chat = await day.browser.open(day.page("demo?entry=plain"), forced);
  await chat.locator(".launcher").click();
  await chat.getByRole("textbox").fill("Hello");
  await chat.keyboard.press("Enter");
  await bubble(chat, "Hello").waitFor(); // until it has arrived it is drawn anew
  for (const what of [".bubble p", ".composer button"]) assert.equal(await style(chat, what, "borderTopStyle"), "solid", what);
  await shoot(chat, "forced-widget");
  await chat.context().close();
});

test("who wants no motion sees none", async () => {
  for (const [where, login] of [["studio?script=forum", "sue"], ["wall", "sue"], ["desk", "anna"]]) {
    const page = await day.signedIn(login, where, { reducedMotion: "reduce" });
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => {
      const style = getComputedStyle(one);
      return [...style.transitionDuration.split(","), ...style.animationDuration.split(",")].some((time) => parseFloat(time) > 0) || style.scrollBehavior === "smooth";
    }).map((one) => one.className));
    assert.deepEqual(moving, [], where);
    await page.context().close();
  }
});
