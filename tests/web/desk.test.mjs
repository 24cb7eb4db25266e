// desk.test.mjs - an agent's day at the desk, with everything real.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { eventually } from "../scenario/support/server.mjs";
import { accessible, Browser, bubble, nothingWrong, OPEN_CENTRE, shoot, signIn as enter, write } from "./support/browser.mjs";
import { becomeAvailable, Day, PASSWORD } from "./support/desk.mjs";

let day, server, browser, bot;

before(async () => {
  day = await Day.begin(OPEN_CENTRE);
  ({ server, browser, bot } = day);
});
after(() => day?.end());

const home = (query = "") => day.page("desk", query);
const signIn = (page, login = "anna", password = PASSWORD) => enter(page, login, password);
const atWork = (options) => day.atWork("anna", options);
const handOver = (words, more) => day.handOver(words, more);
const finish = (session) => day.finish(session);

test("signing in: a wrong password is said, a supervisor is told, an agent begins away", async () => {
  const page = await browser.open(home());
  await accessible(page, "sign-in");
  await signIn(page, "anna", "not the password");
  await page.getByText("The login or the password is not right.").waitFor();
  await signIn(page, "sue");
  await page.getByText("sue is no agent: the desk is for agents.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page);
  await page.getByText(/^Away/).waitFor();
  await shoot(page, "desk-away");
  await page.context().close();
});

// The page is behind others, which a browser without windows never has; what is asked and shown is remembered.
function behindOthers() {
  globalThis.tones = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...at) {
    globalThis.tones++;
    return start.apply(this, at);
  };
  globalThis.shown = [];
  globalThis.asked = 0;
  Object.defineProperty(document, "hidden", { get: () => globalThis.behind === true });
  globalThis.Notification = class extends globalThis.Notification {
    constructor(...words) {
      super(...words);
      this.addEventListener("show", () => globalThis.shown.push(words[0]));
    }
    static requestPermission() {
      globalThis.asked++;
      return Promise.resolve("granted");
    }
  };
}

test("notifications: asked for by a press alone; an offer is told while the page is behind others", async () => {
  const whole = await Browser.start({ whole: true });
  const page = await whole.open(home(), {}, (fresh) => fresh.addInitScript(behindOthers));
  const wire = await whole.inner.newBrowserCDPSession();
  const { targetInfo } = await (await page.context().newCDPSession(page)).send("Target.getTargetInfo");
  const set = (setting) => wire.send("Browser.setPermission", { permission: { name: "notifications" }, setting, browserContextId: targetInfo.browserContextId });
  await signIn(page);
  await page.getByRole("button", { name: "Tell me of offers when I look elsewhere" }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.asked), 0);
  await set("denied"); // in the browser's settings, while the page is open
  await page.getByText("This browser tells you of no offers").waitFor();
  await shoot(page, "desk-notify-denied");
  await set("prompt");
  await page.getByRole("button", { name: "Tell me of offers when I look elsewhere" }).click();
  const told = page.getByText("You are told of offers when you look elsewhere.");
  await told.waitFor();
  assert.equal(await page.evaluate(() => globalThis.asked), 1);
  await set("granted");
  await page.reload();
  await told.waitFor();
  await becomeAvailable(page);
  const front = await handOver("in front");
  await page.getByRole("timer").waitFor();
  assert.equal(await page.evaluate(() => globalThis.tones), 2, "an offer is heard");
  await finish(front.session);
  await page.getByText("Nothing to do.").waitFor();
  await page.evaluate(() => { globalThis.behind = true; });
  const { session } = await handOver("behind");
  await page.waitForFunction(() => globalThis.shown.length > 0);
  assert.deepEqual(await page.evaluate(() => globalThis.shown), ["An offer from AgentSkill"]);
  await finish(session);
  nothingWrong(page);
  await whole.close();
});

test("an offer is accepted, the talk goes on with what is known, and is wrapped up", async () => {
  const page = await atWork();
  await page.getByText(/^Available · 0 of \d+ chats/).waitFor();
  await page.evaluate(() => {
    const { prototype } = OscillatorNode;
    const { start } = prototype;
    globalThis.tones = 0;
    prototype.start = function (...when) {
      globalThis.tones++;
      return start.apply(this, when);
    };
  });
  const { customer, session } = await handOver("My bill is wrong", { attributes: { topic: "billing" } });
  await page.getByRole("timer").waitFor();
  await page.getByRole("status").getByText("An offer from AgentSkill").waitFor();
  await page.getByText(/^Available · 1 of \d+ chats/).waitFor();
  await page.waitForFunction(() => globalThis.tones === 2);
  await page.reload();
  await page.getByRole("timer").getByText(/seconds? left/).waitFor(); // as if nothing had been
  await accessible(page, "an offer");
  await shoot(page, "desk-offer");
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, "My bill is wrong").waitFor();
  await page.getByText("billing").waitFor();
  await write(page, "Let me have a look.");
  await bubble(page, "Let me have a look.").waitFor();
  assert.equal((await customer.hear("what Anna says", (f) => f.type === "message" && f.from === "agent")).text, "Let me have a look.");
  await customer.ask("message", { text: "Thank you" });
  await bubble(page, "Thank you").waitFor();
  await accessible(page, "a conversation");
  await shoot(page, "desk-conversation");
  const field = page.getByRole("textbox", { name: "Write a message" });
  await field.fill("x".repeat(16_385));
  await page.getByText("Send it in 2 parts or more.").waitFor();
  await page.keyboard.press("Enter");
  assert.equal((await field.inputValue()).length, 16_385);
  await field.fill("");
  await page.getByRole("button", { name: "End", exact: true }).dblclick(); // asked once
  await page.getByText("The conversation is over.").waitFor();
  assert.equal(await page.locator(".refusal").count(), 0);
  await page.reload();
  await page.getByRole("timer").getByText(/seconds? left/).waitFor();
  await page.getByLabel("Disposition").fill("solved");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing to do.").waitFor();
  const { body } = await server.as("supervisor")("GET", `/sessions/${session}/timeline`);
  assert.ok(body.events.some((e) => e.disposition === "solved"));
  nothingWrong(page);
  await page.context().close();
});

test("a transfer that is refused says why and what helps; then it is carried out", async () => {
  const page = await atWork();
  const { session } = await handOver("I speak French");
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, "I speak French").waitFor();
  await server.as("supervisor")("POST", "/queues/french/pause", { reason: "training" });
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("To").selectOption({ label: "Queue: French desk" });
  await page.getByRole("button", { name: "Transfer now" }).click();
  await page.locator(".refusal", { hasText: "pause" }).waitFor();
  await accessible(page, "a refusal");
  await shoot(page, "desk-refusal");
  await server.as("supervisor")("POST", "/queues/french/open", {});
  await page.getByRole("button", { name: "Transfer now" }).click();
  await page.getByText("Nothing to do.").waitFor();
  const { body } = await server.as("supervisor")("GET", `/sessions/${session}`);
  assert.equal(body.queue.id, "french");
  await finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("two browsers race for one offer: it is taken once, and both have the conversation", async () => {
  const pages = await Promise.all([atWork(), atWork()]);
  const { customer, session } = await handOver("Whose am I?");
  for (const page of pages) await page.getByRole("button", { name: "Accept" }).waitFor();
  // At once: whoever is late may find the offer gone from the page already.
  await Promise.all(pages.map((page) => page.evaluate(() => document.querySelector(".offer button")?.click())));
  for (const page of pages) await bubble(page, "Whose am I?").waitFor();
  await write(pages[0], "Mine.");
  for (const page of pages) await bubble(page, "Mine.").waitFor();
  assert.equal((await customer.hear("the agent", (f) => f.type === "message" && f.from === "agent")).text, "Mine.");
  const { body } = await server.as("supervisor")("GET", `/sessions/${session}/timeline`);
  assert.equal(body.events.filter((e) => e.status === "active" && e.type === "session.connected").length, 1);
  await shoot(pages[1], "desk-race");
  await finish(session);
  for (const page of pages) {
    await page.getByText("Nothing to do.").waitFor();
    nothingWrong(page);
    await page.context().close();
  }
});

test("away with a reason; a session goes to a colleague; what the same customer came for before", async () => {
  const visits = async (text) => {
    const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint: "released", customer: { id: "c-77", name: "Zoë" } });
    await bot.hear("the session", (f) => f.type === "session.invited" && f.session.id === body.id);
    await bot.ask("session.accept", { session: body.id });
    const customer = await Peer.connect(server, `/sessions/${body.id}/socket`, body.token);
    await customer.ask("message", { text });
    await bot.ask("session.goodbye", { session: body.id, outcome: "escalate" });
    await bot.ask("session.close", { session: body.id });
    return body.id;
  };
  const page = await atWork();
  await visits("the first time");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.getByText("None that is known.").waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByLabel("Disposition").fill("solved <b>at once</b>");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing to do.").waitFor();
  await eventually("the history has it", async () => (await server.as("supervisor")("GET", "/history?customer=c-77")).body.sessions.length > 0);
  const session = await visits("the second time");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.locator(".earlier", { hasText: "solved <b>at once</b>" }).waitFor();
  await page.getByPlaceholder("Why away?").fill("lunch");
  await page.getByRole("button", { name: "Step away" }).click();
  await page.getByText("Away · lunch").waitFor();
  const bert = await day.atWork("bert");
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("To").selectOption({ label: "Agent: Bert" });
  await page.getByLabel("Note for whoever takes it").fill("He is in a hurry.");
  await page.getByRole("button", { name: "Transfer now" }).click();
  await page.getByText("You get no offers").waitFor();
  await bert.getByRole("button", { name: "Accept" }).click();
  await bert.getByText("He is in a hurry.").waitFor();
  await finish(session);
  for (const one of [page, bert]) {
    nothingWrong(one);
    await one.context().close();
  }
});

test("back to the bot; and a talk of many messages is read from its end", async () => {
  const page = await atWork();
  const { customer, session } = await handOver("message 1");
  for (let i = 2; i <= 230; i++) customer.send("message", { id: `m${i}`, text: `message ${i}` });
  await customer.hear("the last one", (f) => f.id === "m230" && f.type === "done");
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, "message 230").waitFor();
  assert.equal(await page.locator(".bubble").count(), 100);
  const log = page.getByRole("log");
  while ((await page.getByText("message 1", { exact: true }).count()) === 0) await log.evaluate((box) => { box.scrollTop = 0; });
  assert.equal(await page.locator(".bubble").count(), 230);
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("To").selectOption({ label: "Back to the bot Cognigy" });
  await page.getByRole("button", { name: "Transfer now" }).click();
  await bot.hear("the session again", (f) => f.type === "session.invited" && f.session.id === session);
  await page.getByText("Nothing to do.").waitFor();
  await finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("the server is killed under the desk: a line that was begun stays, what was sent arrives once", async () => {
  const page = await atWork();
  const { session } = await handOver("Are you there?");
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, "Are you there?").waitFor();
  await server.stop("SIGKILL");
  await page.getByText("The connection was lost.").first().waitFor();
  await write(page, "sent in the dark");
  await page.getByRole("textbox", { name: "Write a message" }).fill("begun and not");
  await server.up();
  await bubble(page, "sent in the dark").waitFor();
  await page.reload();
  await bubble(page, "sent in the dark").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Write a message" }).inputValue(), "begun and not");
  const { body } = await server.as("supervisor")("GET", `/sessions/${session}/timeline`);
  assert.equal(body.events.filter((e) => e.text === "sent in the dark").length, 1);
  await finish(session);
  nothingWrong(page);
  await page.context().close();
  day.bot = bot = await Peer.bot(server);
});

test("markup of a customer is text everywhere on the desk", async () => {
  const page = await atWork();
  const attack = '<img src=x onerror="document.title=666"><b>bold</b>';
  const { session } = await handOver(attack, { attributes: { [attack]: attack, link: "javascript:document.title=666" }, reason: attack });
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, attack).waitFor();
  await page.locator(".known dt", { hasText: attack }).waitFor();
  assert.equal(await page.locator(".desk img, .desk b").count(), 0);
  assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
  assert.doesNotMatch(await page.title(), /666/);
  await finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("on a narrow screen, in German and in the dark, one thing at a time", async () => {
  const page = await browser.open(home(), { viewport: { width: 360, height: 640 }, locale: "de-DE", colorScheme: "dark" });
  await page.getByLabel("Benutzername").fill("anna");
  await page.getByLabel("Passwort").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await becomeAvailable(page, "Verfügbar werden", "Abwesend sein");
  const { session } = await handOver("Guten Tag");
  await page.getByRole("button", { name: "Annehmen" }).click();
  await bubble(page, "Guten Tag").waitFor();
  await server.as("supervisor")("POST", "/queues/french/pause", { reason: "training" });
  await page.getByRole("button", { name: "Weitergeben", exact: true }).click();
  await page.locator(".transfer select").selectOption({ label: "Warteschlange: French desk" });
  await page.getByRole("button", { name: "Jetzt weitergeben" }).click();
  await page.locator(".refusal", { hasText: "Die Warteschlange ist angehalten" }).getByText("eine andere Warteschlange wählen").waitFor();
  await page.locator(".refusal").getByText("Die Warteschlange 'french' ist angehalten: training.").waitFor();
  assert.equal(await page.locator(".refusal [lang=en]").count(), 0, "no English is left");
  await server.as("supervisor")("POST", "/queues/french/open", {});
  // Also as low as a page that is drawn twice as large.
  for (const [width, height] of [[640, 400], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await accessible(page, `a desk of ${width} times ${height}`);
    const wrong = await page.evaluate(() => {
      const boxes = [".conversation > header", ".transfer", ".conversation > .refusal", ".conversation > .log"].map((what) => document.querySelector(what).getBoundingClientRect());
      return { wide: [...document.querySelectorAll("html, .conversation, .conversation > header, .composer")].filter((one) => one.scrollWidth > innerWidth).length,
        covered: boxes.filter((box, i) => i > 0 && box.top < boxes[i - 1].bottom - 1).length, low: boxes.filter((box) => box.height < 40).length };
    });
    assert.deepEqual(wrong, { wide: 0, covered: 0, low: 0 }, `${width} times ${height}`);
    await shoot(page, `desk-narrow-${width}`);
  }
  await page.getByRole("button", { name: "Zurück" }).click();
  await page.getByRole("button", { name: /Guten Tag/ }).click();
  await page.locator(".conversation").waitFor();
  await page.goBack(); // the list comes before it
  await page.getByRole("button", { name: /Guten Tag/ }).waitFor();
  await finish(session);
  nothingWrong(page);
  await page.context().close();
});
