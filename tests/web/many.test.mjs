// many.test.mjs - twenty conversations at one desk, ten thousand messages in them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { take } from "../scenario/support/story.mjs";
import { bubble, nothingWrong, OPEN_CENTRE, shoot } from "./support/browser.mjs";
import { Day } from "./support/desk.mjs";

const CHATS = 20;
const LONG = 5000; // messages of one
const SHORT = 264; // and of each other
const NODES_MOST = 4000; // ten thousand messages would be forty thousand
const LINE = "Let me have a look at it.";

let day;
before(async () => {
  const wide = OPEN_CENTRE.replace("capacity: { chat: 10 }", `capacity: { chat: ${CHATS} }`);
  day = await Day.begin(`${wide}\nrates: { visitor: 0, customer: 0 }\n`, ["anna"]);
});
after(() => day?.end());

// A conversation that Anna has, with so many messages of the customer.
async function talk(anna, name, count) {
  const { customer, session } = await day.handOver(`${name} 1`);
  await take(anna, session);
  for (let i = 2; i <= count; i++) customer.send("message", { id: `${name}-${i}`, text: `${name} ${i}` });
  await customer.hear("the last one", (f) => f.id === `${name}-${count}` && f.type === "done");
  return { customer, session };
}

const nodes = (page) => page.evaluate(() => document.querySelectorAll("*").length);

// How often the log is scrolled that way until the line is there.
async function scrollTo(page, line, top) {
  for (let times = 0; times < LONG; times++) {
    if ((await page.locator(".log .bubble", { hasText: new RegExp(`^${line}Customer`) }).count()) > 0) return times;
    await page.getByRole("log").evaluate((log, to) => new Promise((resolve) => {
      log.scrollTop = to;
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    }), top);
  }
}

test("ten thousand messages are looked through, and writing does not wait for them", async () => {
  const anna = await Peer.agent(day.server);
  const long = await talk(anna, "long", LONG);
  for (let i = 1; i < CHATS; i++) await talk(anna, `short${i}`, SHORT);
  await anna.close();

  const page = await day.signedIn("anna", "desk", { viewport: { width: 1280, height: 800 } });
  await page.locator(".task").nth(CHATS - 1).waitFor();
  await shoot(page, "desk-twenty");
  await page.locator(".task", { hasText: `long ${LONG}` }).click();
  await bubble(page, `long ${LONG}`).waitFor();
  assert.ok(await nodes(page) < NODES_MOST);
  // To the first of them and back to the last: never more than some stand in the page.
  const steps = await scrollTo(page, "long 1", 0);
  assert.ok(steps > LONG / 300, `${steps} steps`);
  assert.ok(await nodes(page) < NODES_MOST);
  await long.customer.ask("message", { text: "Are you there?" }); // does not move what is looked at
  await page.locator(".bubble", { hasText: /^long 1Customer/ }).waitFor();
  await scrollTo(page, "Are you there\\?", 1e9);
  assert.ok(await nodes(page) < NODES_MOST);

  // Of 26 keys none keeps the page busy for long: half of them may, on a busy machine.
  await page.evaluate(() => {
    globalThis.slow = 0;
    new PerformanceObserver((list) => (globalThis.slow += list.getEntries().filter((task) => task.duration > 200).length))
      .observe({ type: "longtask" });
  });
  await page.getByRole("textbox", { name: "Write a message" }).pressSequentially(LINE);
  const slow = await page.evaluate(() => globalThis.slow);
  assert.ok(slow <= LINE.length / 2, `${slow} of ${LINE.length} keys were slow`);
  await page.keyboard.press("Enter");
  await bubble(page, LINE).waitFor();
  for (let i = 1; i < CHATS; i++) {
    await page.locator(".task").nth(i).click();
    await bubble(page, new RegExp(`^short\\d+ ${SHORT}Customer`)).waitFor();
  }
  assert.ok(await nodes(page) < NODES_MOST);
  nothingWrong(page);
});
