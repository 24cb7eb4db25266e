// widget.test.mjs - the visitors' chat, as visitors use it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { SCANNED, TOO_MUCH, VIRUS } from "../scenario/support/scanner.mjs";
import { eventually, Server } from "../scenario/support/server.mjs";
import { finish, goodbye, take } from "../scenario/support/story.mjs";
import { accessible, attach, Browser, bubble, FILES_CENTRE, nothingWrong, PNG, shoot, write } from "./support/browser.mjs";

let server, browser, bot, shop;

// A page that is not Baton's, with its one line.
async function openShop() {
  const http = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<!doctype html><title>Shop</title><h1>Shop</h1>
      <script src="http://127.0.0.1:${server.port}/widget.js" data-entry="plain"></script>`);
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${http.address().port}`, close: () => http.close() };
}

before(async () => {
  shop = await openShop();
  server = await Server.start(`${FILES_CENTRE.replaceAll("fallback: support", "fallback: support, callbacks: support")}origins: ["${shop.origin}"]\n${SCANNED}`);
  browser = await Browser.start();
  bot = await Peer.bot(server);
});
after(async () => {
  await browser?.close();
  shop?.close();
  await server?.remove();
});

const visit = (entry = "plain", options, more = "", first) =>
  browser.open(`http://127.0.0.1:${server.port}/demo?entry=${entry}${more}`, options, first);

async function openChat(page) {
  await page.locator(".launcher").click(); // in whatever language
  const session = await accept();
  await page.locator('[data-status="connected"]').waitFor();
  return session;
}

// Not one that came back after a restart.
async function accept() {
  const { session } = await bot.hear("a new session", (f) => f.type === "session.invited" && !f.resumed);
  await bot.ask("session.accept", { session: session.id });
  return session.id;
}

// What the server has of the conversation.
async function saidIn(session) {
  const { body } = await server.as("supervisor")("GET", `/sessions/${session}/timeline`);
  return body.events.filter((e) => e.type === "message").map((e) => e.text);
}

test("a visitor talks to the bot, waits, talks to an agent, and it ends", async () => {
  const page = await visit("released");
  const session = await openChat(page);
  await accessible(page, "an open chat");
  await bot.ask("message", { session, text: "Hello! What can I do for you?" });
  await bubble(page, "Hello! What can I do for you?").getByText("Cognigy, automatic assistant").waitFor();
  await write(page, "I want to talk to a person");
  await bubble(page, "I want to talk to a person").waitFor();
  await page.locator(".bubble.pending").waitFor({ state: "detached" });
  assert.equal((await bot.hear("customer.message")).text, "I want to talk to a person");

  await bot.ask("session.goodbye", { session, outcome: "escalate" });
  await bot.ask("session.close", { session });
  await page.getByRole("status").getByText("You are number 1 in the queue.").waitFor();
  await shoot(page, "widget-waits");

  const agent = await Peer.agent(server);
  const { offer } = await agent.hear("offer");
  await agent.ask("offer.accept", { session, offer });
  await page.getByRole("status").getByText("Anna is with you now.").waitFor();
  agent.send("typing", { session, on: true });
  await page.getByText("anna is typing").or(page.getByText("Anna is typing")).waitFor();
  await agent.ask("message", { session, text: "Good morning, Anna here." });
  await bubble(page, "Good morning, Anna here.").waitFor();
  await accessible(page, "a talk with an agent");
  await shoot(page, "widget-agent");

  await agent.ask("end", { session });
  await page.getByText("This chat has ended.").waitFor();
  await page.getByRole("button", { name: "Start a new chat" }).waitFor();
  nothingWrong(page);
  await agent.close();
});

test("what was said is there after a reload, and the talk goes on", async () => {
  const page = await visit();
  const session = await openChat(page);
  await write(page, "first words");
  await bubble(page, "first words").waitFor();
  await page.reload();
  await bot.ask("message", { session, text: "said while the page was away" });
  await page.getByRole("button", { name: "Open the chat" }).click();
  await bubble(page, "first words").waitFor();
  await bubble(page, "said while the page was away").waitFor();
  await write(page, "second words");
  await bubble(page, "second words").waitFor();
  assert.equal(await page.locator(".bubble").count(), 3);
  nothingWrong(page);
});

test("the server is killed under an open chat: what is written meanwhile arrives, once", async () => {
  const page = await visit();
  const session = await openChat(page);
  await write(page, "before");
  await bubble(page, "before").waitFor();
  await server.stop("SIGKILL");
  await page.getByText("The connection was lost.").waitFor();
  await write(page, "written in the dark");
  await page.getByText("Not sent").waitFor();
  await shoot(page, "widget-reconnects");
  await server.up();
  bot = await Peer.bot(server);
  await bot.hear("the resumed session", (f) => f.type === "session.invited" && f.session.id === session);
  await bubble(page, "written in the dark").waitFor();
  await page.locator(".bubble.pending").waitFor({ state: "detached" });
  assert.equal(await page.locator(".bubble").count(), 2);
  assert.deepEqual(await saidIn(session), ["before", "written in the dark"]);
  nothingWrong(page);
});

test("a cut line in the middle of a message: it counts once", async () => {
  const page = await visit();
  const session = await openChat(page);
  await page.context().setOffline(true);
  await write(page, "from a tunnel");
  await page.context().setOffline(false);
  await bubble(page, "from a tunnel").waitFor();
  assert.deepEqual(await saidIn(session), ["from a tunnel"]);
  nothingWrong(page);
});

test("a line that went dead without a word is given up: what was written into it arrives once", async () => {
  let dead = false;
  const page = await visit("plain", {}, "", async (fresh) => {
    await fresh.clock.install();
    await fresh.routeWebSocket("**/socket?*", (line) => {
      const server = line.connectToServer();
      const first = !dead;
      line.onMessage((words) => (first && dead ? undefined : server.send(words)));
    });
  });
  const session = await openChat(page);
  dead = true;
  await write(page, "into the void");
  await page.getByText("Sending").waitFor();
  await page.clock.fastForward(30_000);
  await bubble(page, "into the void").waitFor();
  assert.deepEqual(await saidIn(session), ["into the void"]);
  nothingWrong(page);
});

test("markup in what is said is text, on both sides", async () => {
  const page = await visit();
  const session = await openChat(page);
  const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  await bot.ask("message", { session, text: attack });
  await write(page, attack);
  await bubble(page, attack).nth(1).waitFor();
  assert.equal(await page.locator(".log img, .log script").count(), 0);
  assert.doesNotMatch(await page.title(), /^[12]$/);
  nothingWrong(page);
});

// What several kinds of bots send: Cognigy's default channel, Rasa, Genesys.
const CHOICES = [
  { _cognigy: { _default: { _quickReplies: { type: "quick_replies", text: "What is it about?",
    quickReplies: [{ id: 1, title: "My bill", contentType: "postback", payload: "intent_bill" }, { id: 2, title: "A parcel", payload: "intent_parcel" }] } } } },
  { buttons: [{ title: "My bill", payload: "intent_bill" }] },
  { type: "Structured", content: [{ contentType: "QuickReply", quickReply: { text: "My bill", payload: "intent_bill" } }] },
];

// The server says no to the first message, in its own words.
const refuseOnce = async (page) => {
  let refused = false;
  await page.routeWebSocket("**/socket?*", (line) => {
    const server = line.connectToServer();
    line.onMessage((words) => {
      const { type, id } = JSON.parse(words);
      if (refused || type !== "message") return server.send(words);
      refused = true;
      const problem = { code: 429, title: "Too much at once", detail: "So many messages are too many.", refusal: "rate_limited" };
      line.send(JSON.stringify({ type: "problem", id, problem }));
    });
  });
};

test("a message that is refused says why, in the visitor's language, and stands in the field again", async () => {
  for (const { locale, field, said } of [
    { locale: "en-GB", field: "Write a message", said: "This was not sent: So many messages are too many." },
    { locale: "de-DE", field: "Nachricht schreiben", said: "Das wurde nicht gesendet: Zu viel auf einmal" },
  ]) {
    const page = await visit("plain", { locale }, "", refuseOnce);
    const session = await openChat(page);
    const line = page.getByRole("textbox", { name: field });
    await line.fill("x".repeat(16_385));
    await page.getByRole("alert").waitFor(); // too long: it cannot even be sent
    assert.ok(await page.locator(".composer button[type=submit]").isDisabled());
    await line.fill("Hello?");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText(said).waitFor();
    assert.equal(await line.inputValue(), "Hello?");
    await accessible(page, "a message that is refused");
    await line.press("Enter");
    await bubble(page, "Hello?").waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
    assert.deepEqual(await saidIn(session), ["Hello?"]);
    nothingWrong(page);
  }
});

test("a choice is made once: the visitor reads its title, the bot its payload", async () => {
  const page = await visit();
  const session = await openChat(page);
  for (const [i, data] of CHOICES.entries()) {
    await bot.ask("message", { session, text: "What is it about?", data });
    const choice = page.getByRole("button", { name: "My bill", exact: true }).nth(i);
    if (i === 0) await accessible(page, "choices");
    if (i === 0) await shoot(page, "widget-choices");
    await choice.click();
    await page.locator(".bubble.customer:not(.pending)").nth(i).waitFor();
    const heard = await bot.hear("the choice", (f) => f.type === "customer.message" && f.session === session);
    assert.deepEqual([heard.text, heard.data], ["My bill", { payload: "intent_bill" }]);
    assert.ok(await choice.isDisabled(), "the choice is made");
  }
  nothingWrong(page);
});

test("cards, a picture and links; what is no safe link is no link", async () => {
  const page = await visit();
  const session = await openChat(page);
  const picture = `${shop.origin}/picture.svg`;
  await bot.ask("message", { session, text: "Two offers", data: { _cognigy: { _default: {
    _gallery: { type: "carousel", items: [
      { title: "Small", subtitle: "5 a month", imageUrl: picture, buttons: [{ title: "Take small", type: "postback", payload: "small" }] },
      { title: "Large", subtitle: "9 a month", buttons: [{ title: "Read more", type: "web_url", url: "https://shop.example/large" }] },
    ] },
    _buttons: { type: "buttons", text: "", buttons: [
      { title: "Call us", type: "phone_number", payload: "+49301234" },
      { title: "Bad", type: "web_url", url: "javascript:document.title=3" },
      { title: { not: "a text" }, payload: 7 },
    ] },
    _image: { type: "image", imageUrl: "data:text/html,x" },
  } } } });
  await page.getByRole("link", { name: "Read more" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Call us" }).getAttribute("href"), "tel:+49301234");
  assert.equal(await page.getByText("Bad", { exact: true }).count(), 0);
  await page.locator(".card").getByRole("link", { name: /come unprotected .*: Small$/ }).waitFor();
  await accessible(page, "cards");
  await shoot(page, "widget-cards");
  await page.getByRole("button", { name: "Take small" }).click();
  const heard = await bot.hear("the choice", (f) => f.type === "customer.message" && f.session === session);
  assert.deepEqual(heard.data, { payload: "small" });
});

test("a picture that cannot be shown is a link, which says why", async () => {
  const page = await visit();
  const session = await openChat(page);
  page.wrong = { push: () => {} }; // the browser's own words about it
  await bot.ask("message", { session, text: "Look", data: { image: { url: "http://pictures.example/a.png", alt: "our shop" } } });
  await bot.ask("message", { session, text: "And", data: { image: `${shop.origin.replace("http:", "https:")}/gone.png` } });
  const unsafe = page.getByRole("link", { name: "A picture that is not shown, because it would come unprotected (http:): our shop" });
  await unsafe.waitFor();
  assert.equal(await unsafe.getAttribute("href"), "http://pictures.example/a.png");
  await page.getByRole("link", { name: /^A picture that cannot be shown: 127\.0\.0\.1/ }).waitFor();
  assert.equal(await page.locator(".log img").count(), 0);
  await accessible(page, "pictures that cannot be shown");
  await shoot(page, "widget-unseen");
});

test("by keyboard alone, on a narrow screen, in German", async () => {
  const page = await visit("plain", { viewport: { width: 360, height: 640 }, locale: "de-DE" });
  await page.getByRole("button", { name: "Chat öffnen" }).press("Enter");
  await accept();
  await page.getByText("Cognigy, ein automatischer Assistent, ist für Sie da.").waitFor();
  await page.keyboard.type("Guten Tag");
  await page.keyboard.press("Enter");
  await bubble(page, "Guten Tag").waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360), "nothing is wider than the screen");
  await accessible(page, "a narrow chat");
  await shoot(page, "widget-narrow");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() =>
    document.querySelector("baton-chat").shadowRoot.activeElement?.ariaLabel === "Chat öffnen");
  nothingWrong(page);
});

test("the page of a shop, of another origin: it may because the centre's file names it", async () => {
  const page = await browser.open(`${shop.origin}/`);
  const session = await openChat(page);
  await write(page, "from the shop");
  await bubble(page, "from the shop").waitFor();
  assert.deepEqual(await saidIn(session), ["from the shop"]);
  nothingWrong(page);
  const refused = await server.ask("OPTIONS", "/api/v1/sessions", {
    headers: { Origin: "https://elsewhere.example", "Access-Control-Request-Method": "POST" },
  });
  assert.equal(refused.headers["access-control-allow-origin"], undefined);
});

test("an entry point that is not there: the visitor reads so, and may try again", async () => {
  for (const { locale, said, again } of [
    { locale: "en-GB", said: "The chat cannot be opened: No entry point is called 'plian'. Did you mean 'plain'?", again: "Start a new chat" },
    { locale: "de-DE", said: "Der Chat lässt sich nicht öffnen: Kein Eingang heißt 'plian'. Meinten Sie 'plain'?", again: "Neuen Chat beginnen" },
  ]) {
    const page = await visit("plian", { locale });
    await page.locator(".launcher").click();
    await page.getByRole("alert").getByText(said).waitFor();
    await page.getByRole("button", { name: again }).waitFor();
    await accessible(page, "a chat that cannot be opened");
  }
});

test("at night it is dark; the first load is small", async () => {
  const page = await visit("plain", { colorScheme: "dark" });
  await openChat(page);
  await accessible(page, "a dark chat");
  await shoot(page, "widget-dark");
  const bytes = await page.evaluate(() => performance.getEntriesByType("resource").reduce((sum, e) => sum + e.encodedBodySize, 0));
  assert.ok(bytes > 0 && bytes < 200_000, `${bytes} bytes`);
  nothingWrong(page);
});

// The session, with an agent, and the visitor's page.
async function withAgent(options) {
  const page = await visit("released", options);
  const session = await openChat(page);
  await bot.ask("session.goodbye", { session, outcome: "escalate" });
  await bot.ask("session.close", { session });
  const agent = await Peer.agent(server);
  const { offer } = await agent.hear("offer", (f) => f.type === "offer" && f.session.id === session);
  await agent.ask("offer.accept", { session, offer });
  await page.locator('[data-status="active"]').waitFor();
  return { page, session, agent };
}

test("pictures and files, both ways; after a reload they are still there", async () => {
  const { page, session, agent } = await withAgent();
  await attach(page, ["cat.png", PNG], ["bill <b>.pdf", Buffer.from("%PDF-1.7 a bill")]);
  await page.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  await page.getByRole("button", { name: "Save bill _b_.pdf" }).waitFor();
  await page.locator(".uploads").waitFor({ state: "detached" });
  for (const name of ["cat.png", "bill _b_.pdf"]) await agent.hear(name, (f) => f.type === "message" && f.text === name);
  const answer = await server.ask("POST", `/api/v1/sessions/${session}/files?name=plan.txt`,
    { token: "test-agent-anna-token", body: "to the left", headers: { "Content-Type": "text/plain" } });
  assert.equal(answer.status, 201);
  await page.reload();
  await page.getByRole("button", { name: "Open the chat" }).click();
  await page.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save plan.txt" }).click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), "plan.txt");
  assert.equal((await (await download.createReadStream()).toArray()).join(""), "to the left");
  await accessible(page, "a chat with files");
  await shoot(page, "widget-files");
  nothingWrong(page);
  await agent.ask("end", { session });
  await agent.close();
});

test("a file that is not taken: the visitor reads why, and may take it away", async () => {
  const page = await visit();
  await openChat(page);
  const attack = '"><img src=x onerror=document.title=4>.png';
  await attach(page, ["holiday.png", Buffer.from("\x7fELF\x02\x01", "latin1")], ["long.txt", Buffer.alloc(400_001, "a")], [attack, Buffer.from("\0\0")]);
  await page.getByText("'holiday.png' is application/octet-stream by its content; taken are: image/*, application/pdf, text/plain.").waitFor();
  await page.getByText("long.txt has 400001; 400000 may be.").waitFor();
  await page.getByText("application/octet-stream by its content").nth(1).waitFor();
  await accessible(page, "refused files");
  await shoot(page, "widget-refused-file");
  await page.getByRole("button", { name: "Remove holiday.png" }).click();
  await page.getByRole("button", { name: "Remove long.txt" }).click();
  await page.getByRole("listitem").getByRole("button", { name: /^Remove/ }).click();
  await page.locator(".uploads").waitFor({ state: "detached" });
  assert.equal(await page.locator(".log img").count(), 0);
  assert.doesNotMatch(await page.title(), /^4$/);
});

test("a file with a virus stays outside; one that could not be looked at may be sent again", async () => {
  for (const { locale, infected, unseen, again, remove } of [
    { locale: "en-GB", infected: "The virus scanner found something in 'bill.txt': Test-Virus FOUND.", unseen: "'odd.txt' was not taken, for the scanner failed", again: "Try again", remove: "Remove bill.txt" },
    { locale: "de-DE", infected: "Die Virenprüfung hat in 'bill.txt' etwas gefunden: Test-Virus FOUND.", unseen: "Die Datei 'odd.txt' wurde nicht angenommen: die Virenprüfung ist gescheitert", again: "Noch einmal versuchen", remove: "bill.txt entfernen" },
  ]) {
    const page = await visit("plain", { locale });
    const session = await openChat(page);
    await attach(page, ["bill.txt", VIRUS], ["odd.txt", TOO_MUCH], ["good.txt", Buffer.from("nothing in it")]);
    const of = (name) => page.locator(".uploads li", { hasText: name });
    await of("bill.txt").getByRole("alert").getByText(infected).waitFor();
    await of("odd.txt").getByRole("alert").getByText(unseen).waitFor();
    await page.locator(".bubble.customer", { hasText: "good.txt" }).waitFor();
    assert.equal(await of("bill.txt").getByRole("button", { name: again }).count(), 0);
    await of("odd.txt").getByRole("button", { name: again }).click();
    await of("odd.txt").getByRole("alert").getByText(unseen).waitFor();
    await accessible(page, "a file with a virus");
    await shoot(page, `widget-virus-${locale}`);
    await page.getByRole("button", { name: remove }).click();
    await of("bill.txt").waitFor({ state: "detached" });
    assert.deepEqual(await saidIn(session), ["good.txt"]);
  }
});

test("a file is chosen while the server is away: it arrives when it is back, once", async () => {
  const page = await visit();
  const session = await openChat(page);
  await server.stop("SIGKILL");
  await page.getByText("The connection was lost.").waitFor();
  await attach(page, ["cat.png", PNG]);
  await page.getByRole("progressbar", { name: "cat.png is being sent" }).waitFor();
  await server.up();
  bot = await Peer.bot(server);
  await page.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  await page.locator(".uploads").waitFor({ state: "detached" });
  assert.deepEqual(await saidIn(session), ["cat.png"]);
});

test("who is put on hold, or is not recorded, reads so and hears so, also after a reload", async () => {
  for (const { locale, held, unkept, back, gone } of [
    { locale: "en-GB", held: "You are on hold. Anna will be back with you.", unkept: "Anna is with you. What you write now is shown to Anna alone and is not kept.", back: "Anna is with you now.", gone: "What stood here was not kept." },
    { locale: "de-DE", held: "Ihr Gespräch wird gehalten. Anna ist gleich wieder für Sie da.", unkept: "Anna ist für Sie da. Was Sie jetzt schreiben, sieht nur Anna, und es wird nicht behalten.", back: "Anna ist jetzt für Sie da.", gone: "Was hier stand, wurde nicht behalten." },
  ]) {
    const { page, session, agent } = await withAgent({ locale });
    const told = page.getByRole("status"); // what screen readers say by themselves
    await agent.ask("hold", { session });
    await told.getByText(held).waitFor();
    await accessible(page, "a chat on hold");
    await shoot(page, `widget-hold-${locale}`);
    await page.reload();
    await page.locator(".launcher").click();
    await told.getByText(held).waitFor();
    await agent.ask("resume", { session });
    await told.getByText(back).waitFor();
    await agent.ask("hold", { session });
    await told.getByText(held).waitFor();
    await agent.ask("message", { session, text: "Here I am." });
    await told.getByText(back).waitFor();
    await agent.ask("recording.pause", { session });
    await told.getByText(unkept).waitFor();
    await page.locator(".composer textarea").fill("5500 0055");
    await page.keyboard.press("Enter");
    await page.locator(".bubble.customer:not(.pending)").getByText(gone).waitFor();
    await page.reload();
    await page.locator(".launcher").click();
    await told.getByText(unkept).waitFor();
    await agent.ask("recording.resume", { session });
    await told.getByText(back).waitFor();
    nothingWrong(page);
    await agent.ask("end", { session });
    await agent.close();
  }
});

test("a line that was begun is there again; a page that is left with a file on its way asks first", async () => {
  const page = await visit();
  await openChat(page);
  const field = page.getByRole("textbox", { name: "Write a message" });
  await field.fill("begun and not");
  await page.getByRole("button", { name: "Minimise the chat" }).click();
  await page.getByRole("button", { name: "Open the chat" }).click();
  assert.equal(await field.inputValue(), "begun and not");
  await page.reload();
  await page.getByRole("button", { name: "Open the chat" }).click();
  assert.equal(await field.inputValue(), "begun and not");
  await page.keyboard.press("Enter");
  await bubble(page, "begun and not").waitFor();
  assert.equal(await field.inputValue(), "");

  let asked = 0;
  page.on("dialog", (dialog) => {
    asked++;
    assert.equal(dialog.type(), "beforeunload");
    void dialog.dismiss();
  });
  let release;
  await page.route("**/files?*", (route) => { release = () => route.continue(); });
  await attach(page, ["cat.png", PNG]);
  await page.getByRole("progressbar", { name: "cat.png is being sent" }).waitFor();
  await page.close({ runBeforeUnload: true });
  await eventually("the page asks", () => asked === 1);
  await release();
  await page.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  nothingWrong(page);
});

test("receipts: delivered, then read, both ways", async () => {
  const { page, session, agent } = await withAgent();
  await write(page, "are you there?");
  await agent.hear("the question", (f) => f.type === "message" && f.text === "are you there?");
  agent.send("seen", { session, delivered: 1 });
  await bubble(page, "are you there?").getByText("Delivered").waitFor();
  agent.send("seen", { session, read: 1 });
  await bubble(page, "are you there?").getByText("Read").waitFor();
  await agent.ask("message", { session, text: "yes" });
  await agent.hear("that it was read", (f) => f.type === "seen" && f.read === 2);
  await page.getByRole("button", { name: "Minimise the chat" }).click();
  await agent.ask("message", { session, text: "hello?" });
  const seen = await agent.hear("that it has arrived", (f) => f.type === "seen" && f.delivered === 3);
  assert.equal(seen.read, 2);
  await page.getByRole("button", { name: /Open the chat/ }).click();
  await agent.hear("that it was read now", (f) => f.type === "seen" && f.read === 3);
  await shoot(page, "widget-receipts");
  nothingWrong(page);
  await agent.ask("end", { session });
  await agent.close();
});

test("what was said is kept as text and as JSON; by mail it is not, where there is no mail server", async () => {
  const page = await visit();
  const session = await openChat(page);
  await bot.ask("message", { session, text: "What can I do for you?" });
  await page.getByRole("textbox", { name: "Write a message" }).fill("<b>nothing</b>\n2026-01-01  Anna: You get it for nothing.");
  await page.keyboard.press("Enter");
  await bubble(page, "<b>nothing</b>").waitFor();
  await page.getByRole("button", { name: "Keep the transcript" }).click();
  const saved = async (button) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button }).click()]);
    return (await (await download.createReadStream()).toArray()).join("");
  };
  assert.match(await saved("Save as text"), /Cognigy, automatic assistant: What can I do for you\?\n.*You: <b>nothing<\/b>\n {4}2026-01-01 {2}Anna: You get it for nothing\.\n$/);
  assert.deepEqual(JSON.parse(await saved("Save as JSON")).messages.map((m) => m.text.split("\n")[0]), ["What can I do for you?", "<b>nothing</b>"]);
  assert.equal(await page.getByRole("button", { name: "Send the mail" }).count(), 0);
  await accessible(page, "the transcript");
  nothingWrong(page);
});

test("who waits asks for a call, keeps the place, and need not stay", async () => {
  // From how fast others were taken the server says how long it will be.
  const anna = await Peer.agent(server);
  for (let taken = 0; taken < 3; taken++) {
    const told = await goodbye(server, bot, "released");
    bot.send("session.close", { session: told.id });
    await take(anna, told.id);
    await finish(server, told.id);
  }
  await anna.close();
  await server.as("supervisor")("PUT", "/agents/anna/state", { state: "offline", reason: "gone", force: true });
  const page = await visit("released");
  const session = await openChat(page);
  await bot.ask("session.goodbye", { session, outcome: "escalate" });
  await bot.ask("session.close", { session });
  await page.getByRole("status").getByText(/You are number 1 in the queue\. .*1 minute/).waitFor();
  await page.getByRole("button", { name: "Have us call you" }).click();
  const number = page.getByLabel(/Your telephone number/);
  await number.fill("call <b>me</b>");
  await page.getByRole("button", { name: "Call me" }).click();
  await page.getByRole("alert").getByText("That is no telephone number.").waitFor();
  await accessible(page, "asking for a call");
  // On a telephone held sideways not all fits: it is scrolled to, and the head stays.
  await page.setViewportSize({ width: 740, height: 360 });
  await page.getByRole("textbox", { name: "Write a message" }).focus();
  await page.waitForFunction(() => {
    const root = document.querySelector("baton-chat").shadowRoot;
    const [head, field] = ["header", "textarea"].map((what) => root.querySelector(what).getBoundingClientRect());
    return head.top >= 0 && field.top >= head.bottom && field.bottom <= innerHeight;
  });
  await shoot(page, "widget-call");
  await number.fill("+49 30 1234567");
  await page.getByRole("button", { name: "Call me" }).click();
  await page.getByText("We will call you. This chat has ended.").waitFor();
  await shoot(page, "widget-called");
  const { body } = await server.as("supervisor")("GET", "/sessions?q=1234567");
  assert.equal(body.sessions[0].status, "queued");
  await server.as("supervisor")("POST", `/sessions/${body.sessions[0].id}/end`);
});

test("over a slow network: it opens, and what is written arrives once", async () => {
  const page = await visit("plain", {}, "", async (fresh) => {
    const wire = await fresh.context().newCDPSession(fresh);
    await wire.send("Network.enable");
    await wire.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 100_000, uploadThroughput: 40_000 });
  });
  const session = await openChat(page);
  await write(page, "slowly");
  await attach(page, ["cat.png", Buffer.concat([PNG, Buffer.alloc(40_000)])]);
  await page.getByRole("progressbar", { name: "cat.png is being sent" }).waitFor();
  await page.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  assert.deepEqual((await saidIn(session)).sort(), ["cat.png", "slowly"]);
});

test("from right to left nothing is cut off or wider than the screen; the page's variables reach in", async () => {
  const page = await visit("plain", { viewport: { width: 360, height: 640 } });
  const session = await openChat(page);
  await bot.ask("message", { session, text: "\u0645\u0631\u062d\u0628\u0627" });
  await page.evaluate(() => {
    const chat = document.querySelector("baton-chat");
    chat.shadowRoot.querySelector(".baton").dir = "rtl";
    chat.style.setProperty("--baton-accent", "rgb(122, 31, 162)");
  });
  await write(page, "\u0634\u0643\u0631\u0627");
  await bubble(page, "\u0634\u0643\u0631\u0627").waitFor();
  const seen = await page.evaluate(() => {
    const root = document.querySelector("baton-chat").shadowRoot;
    const box = (selector) => root.querySelector(selector).getBoundingClientRect();
    return { send: box(".composer button[type=submit]").x, field: box("textarea").x, wide: document.documentElement.scrollWidth,
      accent: getComputedStyle(root.querySelector(".bubble.customer p")).backgroundColor };
  });
  assert.ok(seen.send < seen.field && seen.wide <= 360, JSON.stringify(seen));
  assert.equal(seen.accent, "rgb(122, 31, 162)");
  await accessible(page, "a chat from right to left");
  await shoot(page, "widget-rtl");
  nothingWrong(page);
});
