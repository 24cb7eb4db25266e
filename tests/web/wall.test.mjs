// wall.test.mjs - a supervisor's day at the wallboard, with everything real.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { eventually } from "../scenario/support/server.mjs";
import { finish, goodbye, idle, take } from "../scenario/support/story.mjs";
import { accessible, bubble, nothingWrong, OPEN_CENTRE, shoot, signIn } from "./support/browser.mjs";
import { Day, PASSWORD } from "./support/desk.mjs";

let day, server, browser, bot, supervisor;

before(async () => {
  day = await Day.begin(OPEN_CENTRE.replace("id: forum,", "id: forum, drainTimeout: 60,"), ["anna", "sue", "sam"]);
  ({ server, browser, bot } = day);
  supervisor = server.as("supervisor");
});
after(() => day?.end());

const home = (hash = "") => day.page("wall", hash);

async function atTheWall({ login = "sue", hash = "", ...options } = {}) {
  const page = await day.signedIn(login, `wall${hash}`, options);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

async function done(page) {
  nothingWrong(page);
  await page.context().close();
}

// In the light, and what the dark changes.
async function accessibleInBoth(page, what) {
  await accessible(page, what);
  await shoot(page, what.replaceAll(" ", "-"));
  await page.emulateMedia({ colorScheme: "dark" });
  await accessible(page, `${what} in the dark`, ["color-contrast"]);
  await shoot(page, `${what.replaceAll(" ", "-")}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
}

// A customer who waits, and whom nobody is offered: the queue's agents are away.
async function waiting(queue = "support", more = {}) {
  const told = await idle(server, bot);
  const { status, body } = await supervisor("POST", `/sessions/${told.id}/transfer`, { queueId: queue, ...more });
  assert.equal(status, 200, JSON.stringify(body));
  return told;
}

async function talking() {
  const anna = await Peer.agent(server, "anna");
  const told = await waiting();
  await take(anna, told.id);
  return { ...told, anna };
}

const view = async (id) => (await supervisor("GET", `/sessions/${id}`)).body;
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
const form = (page) => page.locator("form.act");

// Who has just closed the line counts as available for a while: nobody comes to
// the next story with an agent of the one before.
beforeEach(async () => {
  for (const name of ["anna", "bert"]) {
    await supervisor("PUT", `/agents/${name}/state`, { state: "offline", reason: "between two stories", force: true });
  }
});

test("an agent is told that the wallboard is not for agents", async () => {
  const page = await browser.open(home());
  await signIn(page, "anna", PASSWORD);
  await page.getByText("anna is no supervisor").waitFor();
  await done(page);
});

test("queues and agents are seen as they are, and move by themselves", async () => {
  const page = await atTheWall();
  await page.getByText("Nobody waits.").waitFor();
  const told = await waiting();
  await row(page, /^Support/).getByRole("cell").first().filter({ hasText: "1" }).waitFor();
  await page.getByRole("link", { name: /^Visitor/ }).waitFor();
  const anna = await Peer.agent(server, "anna");
  await page.getByRole("link", { name: /Anna.*Has an offer/s }).waitFor();
  await take(anna, told.id);
  await page.getByRole("link", { name: /Anna.*In a conversation/s }).waitFor();
  await page.getByText("Nobody waits.").waitFor();
  assert.equal(await page.locator(".tile", { hasText: "In service" }).locator("dd").textContent(), "1");
  await page.getByRole("img", { name: /^The last quarter of an hour: \d+ entered/ }).locator("canvas").waitFor();
  await page.getByRole("img", { name: /^Trend of the last minutes/ }).locator("canvas").waitFor();
  await accessibleInBoth(page, "wall");
  await finish(server, told.id);
  await anna.close();
  await done(page);
});

test("a queue is paused with a reason, opened, and drained", async () => {
  const page = await atTheWall();
  await page.getByRole("link", { name: "French desk" }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByLabel("Reason").fill("fire drill");
  await page.getByLabel(/minutes/).fill("30");
  await accessibleInBoth(page, "wall queue");
  await page.keyboard.press("Enter");
  await page.getByText("Paused · fire drill").waitFor();
  const paused = (await supervisor("GET", "/queues/french")).body;
  assert.ok(paused.paused && Math.abs(Date.parse(paused.pausedUntil) - Date.now() - 30 * 60_000) < 60_000);
  await page.getByRole("button", { name: "Open the queue" }).click();
  await page.getByRole("button", { name: "Drain", exact: true }).click();
  await page.getByLabel("Reason").fill("end of the day");
  await page.getByRole("button", { name: "Drain the queue" }).click();
  await page.getByText("Draining · end of the day").waitFor();
  await page.getByRole("button", { name: "Open the queue" }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  await done(page);
});

test("of a session that waits one sees why nobody has it, and sets priority, queue and agent by hand", async () => {
  const page = await atTheWall();
  const { id } = await waiting("french", { priority: 3 });
  await page.goto(home(`#/session/${id}`));
  await row(page, /^Anna/).getByText("lacks a required skill").waitFor();
  await row(page, /^Anna/).getByText("French: needs").waitFor();
  await row(page, /^Bert/).getByText("not logged in").waitFor();
  await page.getByRole("button", { name: "Priority", exact: true }).click();
  await page.getByLabel("Priority, 0").fill("70");
  await accessibleInBoth(page, "wall waiting");
  await page.getByRole("button", { name: "Set the priority" }).click();
  await eventually("the priority is set", async () => (await view(id)).queue.priority === 70);
  await page.locator(".facts", { hasText: "70" }).waitFor(); // what is asked next is asked of this version
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await form(page).getByLabel("Queue").selectOption("owned");
  await form(page).getByLabel("Reason").fill("French is ill");
  await page.getByRole("button", { name: "Move it" }).click();
  await eventually("it is moved", async () => (await view(id)).queue.id === "owned");
  await page.locator(".facts", { hasText: "Owned" }).waitFor();
  const anna = await Peer.connect(server, "/agents/anna/socket", "anna");
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await form(page).getByLabel("Agent").selectOption("anna");
  await form(page).getByLabel("Reason").fill("knows the customer");
  await page.getByRole("button", { name: "Give it to the agent" }).click();
  assert.equal((await anna.hear("session.assigned")).session.id, id);
  const { body } = await supervisor("GET", `/sessions/${id}/timeline`);
  const byHand = body.events.filter((e) => e.cause.who === "sue").map((e) => [e.type, e.reason]);
  assert.ok(byHand.some(([type, reason]) => type === "session.connected" && reason === "knows the customer"), JSON.stringify(byHand));
  assert.ok(byHand.some(([type, reason]) => type === "session.queued" && reason === "French is ill"));

  await page.getByRole("button", { name: "Back to the queue", exact: true }).click();
  await form(page).getByLabel("Reason").fill("anna must go");
  await form(page).getByRole("button").click();
  await anna.hear("session.left");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await form(page).getByRole("button").click();
  await page.getByText("completed").first().waitFor();
  await anna.close();
  await done(page);
});

test("an agent's state is set with a reason; work in hand is taken away only with force", async () => {
  const { id, anna } = await talking();
  const page = await atTheWall({ hash: "#/agent/anna" });
  await page.getByRole("cell", { name: "In a conversation" }).waitFor();
  await page.getByRole("button", { name: "Set the state" }).click();
  await page.getByLabel("New state").selectOption("offline");
  await page.getByLabel("Reason").fill("gone home");
  await page.getByRole("button", { name: "Set it" }).click();
  await page.locator(".refusal", { hasText: "The agent still has work in hand" }).waitFor();
  await accessibleInBoth(page, "wall agent");
  await page.getByLabel(/Take away/).check();
  await page.getByRole("button", { name: "Set it" }).click();
  await anna.hear("session.left");
  await page.getByText("Nothing.").waitFor();
  assert.equal((await view(id)).status, "queued");
  await finish(server, id);
  await anna.close();
  await done(page);
});

test("the ticket: the release window and the refusal stand in the lanes, with what cures it", async () => {
  const { id } = await goodbye(server, bot, "forum");
  const page = await atTheWall();
  await page.keyboard.press("/");
  await page.keyboard.type(id.slice(-12));
  await page.keyboard.press("Enter");
  await page.getByText("1 session with").waitFor();
  await page.locator(".found a").click();
  await page.getByText("The window is still open.").waitFor();
  bot.send("session.close", { session: id });
  const note = page.getByRole("complementary", { name: "Refusal 1" });
  await note.getByText(/The window stayed open for/).waitFor();
  await note.getByText(/Transfer\(session\.id, "AgentSkill", "priority:1,when:released"\)/).waitFor();
  await note.getByText("release_in_progress").waitFor();
  assert.match(await page.locator(".lanes").getAttribute("aria-label"), /cognigy: release window/);
  // It was refused within the window, and so it is drawn.
  // Both at one moment: the page draws anew what happens meanwhile.
  await page.waitForFunction(() => {
    const [bar, mark] = [".bar.releasing", ".mark.refused"].map((what) => document.querySelector(what)?.getBoundingClientRect());
    return bar && mark && bar.left - 3 <= mark.left && mark.left <= bar.right;
  });
  await page.getByText("The whole story in words").click();
  await page.getByText("said goodbye. Its connection is still open").waitFor();
  await accessibleInBoth(page, "wall session");
  await finish(server, id);
  await page.getByText("completed").first().waitFor();
  await done(page);
});

test("who reads German reads the whole story, its refusal and the cures in German", async () => {
  const told = await goodbye(server, bot, "forum");
  bot.send("session.close", { session: told.id });
  await told.customer.hear("idle", (f) => f.type === "session.status" && f.status === "idle");
  await done(await atTheWall()); // signed in
  const page = await day.signedIn("sue", `wall#/session/${told.id}`, { locale: "de-DE" });
  await page.locator(".refusal").getByText(/^Der Bot '\w+' hat sich gerade verabschiedet|^Der Bot '\w+' hat sich vor \d+ ms verabschiedet/).waitFor();
  await page.getByText("Die ganze Geschichte in Worten").click();
  const story = page.locator(".told");
  await story.getByText("Ein Kunde kam über den Eingang 'forum'").waitFor();
  await story.getByText(/Skript 'forum', Zeile 5, verlangte eine Weitergabe an 'AgentSkill'; sie wurde abgelehnt/).waitFor();
  await story.getByText("Abhilfe: mit when=released noch einmal").waitFor();
  const english = await page.locator(".told [lang=en], .refusal [lang=en]").allTextContents();
  assert.deepEqual(english.filter((line) => !/^\s*(Transfer|EndConversation|WaitFor|Hangup)\(/.test(line)), []);
  await accessible(page, "a story in German");
  await shoot(page, "wall-story-german");
  await finish(server, told.id);
  await done(page);
});

test("listening in, whispering, stepping in: the agent's desk shows it, the customer hears only what is said to all", async () => {
  const { id, anna, customer } = await talking();
  await anna.ask("message", { session: id, text: "How can I help?" });
  const desk = await day.signedIn("anna", "desk");
  await bubble(desk, "How can I help?").waitFor();
  const page = await atTheWall({ hash: `#/session/${id}` });
  assert.equal(await page.getByText("How can I help?").count(), 0);
  await page.getByRole("button", { name: "Listen in" }).click();
  await bubble(page, "How can I help?").waitFor();
  await customer.ask("message", { text: "My bill is wrong" });
  await bubble(page, "My bill is wrong").waitFor();
  await page.getByLabel("What you want to say").fill("Offer a refund.");
  await page.keyboard.press("Enter");
  await bubble(page, "Offer a refund.").waitFor();
  await bubble(desk, "Offer a refund.").waitFor();
  await page.getByRole("button", { name: "Step in" }).click();
  await desk.getByText("sue has stepped into the conversation.").waitFor();
  await page.getByLabel("What you want to say").fill("I am Anna's supervisor.");
  await page.getByRole("button", { name: "Say to everybody" }).click();
  await customer.hear("the supervisor", (f) => f.type === "message" && f.from === "supervisor" && f.text === "I am Anna's supervisor.");
  await bubble(desk, "I am Anna's supervisor.").waitFor();
  await accessibleInBoth(page, "wall listening");
  await accessible(desk, "a whisper at the desk");
  await shoot(desk, "desk-whisper");
  await desk.reload();
  await bubble(desk, "Offer a refund.").waitFor();
  await page.getByRole("button", { name: "Stop listening" }).click();
  await page.getByRole("button", { name: "Listen in" }).waitFor();
  assert.ok(!JSON.stringify(customer.all).includes("refund"));
  const told = await eventually("the end of listening is recorded", async () => {
    const { body } = await supervisor("GET", `/sessions/${id}/timeline`);
    const types = body.events.filter((e) => e.cause.who === "sue").map((e) => e.type);
    return types.includes("supervisor.left") && types;
  });
  assert.deepEqual(told, ["supervisor.listening", "supervisor.whispered", "supervisor.barged", "message", "supervisor.left"]);
  await finish(server, id);
  await desk.context().close();
  await anna.close();
  await done(page);
});

test("what happens while the page reads is read as well", async () => {
  const { id, anna, customer } = await talking();
  const page = await atTheWall({ hash: `#/session/${id}` });
  const frames = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(payload)));
  await page.reload();
  await page.getByRole("button", { name: "Listen in" }).click();
  await page.getByRole("button", { name: "Step in" }).waitFor();
  await page.waitForLoadState("networkidle");
  // An explanation that takes long: the journal was read before it.
  let slowly;
  const asked = new Promise((resolve) => {
    slowly = (route) => new Promise((release) => resolve(() => release(route.continue())));
  });
  await page.route("**/explain", slowly, { times: 1 });
  const read = page.waitForResponse("**/timeline");
  await customer.ask("message", { text: "First" });
  const release = await asked;
  await (await read).finished();
  await customer.ask("message", { text: "Second" });
  const kept = (after) => after >= 0 && frames.slice(after).some((f) => f.includes('"answer.kept"'));
  await eventually("the page hears of all of it", () => kept(frames.findIndex((f) => f.includes("Second"))));
  await release();
  await bubble(page, "Second").waitFor();
  await finish(server, id);
  await anna.close();
  await done(page);
});

test("the server is killed under the wallboard: it says so, comes back, and has missed nothing", async () => {
  const page = await atTheWall();
  const { id } = await waiting();
  await page.getByRole("link", { name: /^Visitor/ }).click();
  await page.getByRole("button", { name: "Assign", exact: true }).waitFor();
  await server.stop("SIGKILL");
  await page.getByText("The connection was lost.").waitFor();
  await shoot(page, "wall-lost");
  await server.up();
  bot = await Peer.bot(server);
  await page.getByText("Live", { exact: true }).waitFor();
  const { status, body } = await supervisor("POST", `/sessions/${id}/priority`, { priority: 55 });
  assert.equal(status, 200, JSON.stringify(body));
  await page.locator(".facts", { hasText: "55" }).waitFor();
  await finish(server, id);
  await done(page);
});

test("two supervisors decide at once: one does, the other is told that it has changed", async () => {
  const anna = await Peer.connect(server, "/agents/anna/socket", "anna");
  const bert = await Peer.connect(server, "/agents/bert/socket", "bert");
  const { id } = await waiting();
  const pages = await Promise.all(["sue", "sam"].map((login) => atTheWall({ login, hash: `#/session/${id}` })));
  for (const [i, page] of pages.entries()) {
    await page.getByRole("button", { name: "Assign", exact: true }).click();
    await form(page).getByLabel("Agent").selectOption(["anna", "bert"][i]);
    // Neither sees what the other does before deciding.
    await page.route(`**/api/v1/sessions/${id}*`, (route) => (route.request().method() === "GET" ? route.abort() : route.continue()));
  }
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Give it to the agent" }).click()));
  const refused = await Promise.any(pages.map(async (page) => {
    await page.locator(".refusal", { hasText: "The session has changed meanwhile" }).waitFor();
    return page;
  }));
  await shoot(refused, "wall-race");
  const winner = pages.find((page) => page !== refused);
  await winner.locator("form.act").waitFor({ state: "detached" });
  assert.equal(await winner.locator(".refusal").count(), 0);
  assert.equal((await view(id)).holder.id, ["anna", "bert"][pages.indexOf(winner)]);
  await finish(server, id);
  for (const page of pages) await page.context().close();
  await anna.close();
  await bert.close();
});

test("a sign-in that has ended is said, and after the next one the page is where it was", async () => {
  const page = await browser.open(home("#/queue/french"));
  await signIn(page, "sam", PASSWORD);
  await page.getByRole("heading", { name: "French desk" }).waitFor();
  const other = await page.context().newPage();
  await other.goto(day.page("studio?script=forum"));
  await other.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Your sign-in has ended.").waitFor();
  await accessible(page, "an ended sign-in");
  await page.route("**/api/v1/login", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }), { times: 1 });
  await signIn(page, "sam", PASSWORD);
  await page.getByText("The server does not answer.").waitFor();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "French desk" }).waitFor();
  await page.context().close();
});

test("markup of a customer is text everywhere on the wallboard", async () => {
  const attack = '<img src=x onerror="document.title=666"><b>bold</b>';
  const { body } = await server.as("visitor")("POST", "/sessions", { entryPoint: "plain", customer: { name: attack, id: attack } });
  const { id } = body;
  const customer = await Peer.connect(server, `/sessions/${id}/socket`, body.token);
  await bot.hear("the invitation", (f) => f.type === "session.invited" && f.session.id === id);
  await bot.ask("session.accept", { session: id });
  await customer.ask("message", { text: attack });
  await bot.ask("session.goodbye", { session: id, outcome: "escalate", reason: attack, attributes: { [attack]: attack } });
  await bot.ask("session.close", { session: id });
  await supervisor("POST", `/sessions/${id}/transfer`, { queueId: "support", note: attack });
  const page = await atTheWall();
  const clean = async (what) => {
    assert.equal(await page.locator(".wall img, .wall b").count(), 0, what);
    assert.doesNotMatch(await page.title(), /666/, what);
  };
  await page.getByRole("link", { name: attack }).waitFor();
  await clean("the overview");
  await page.getByRole("searchbox").fill(attack);
  await page.keyboard.press("Enter");
  await page.locator(".found a", { hasText: attack }).waitFor();
  await clean("the search");
  await page.locator(".found a").click();
  await page.getByRole("heading", { name: attack }).waitFor();
  await page.locator(".facts dt", { hasText: attack }).waitFor();
  await page.getByRole("button", { name: "Listen in" }).click();
  await bubble(page, attack).waitFor();
  await page.getByText("The whole story in words").click();
  await clean("the session");
  await page.goto(home(`#/session/${encodeURIComponent(attack)}`));
  await page.getByText("There is nothing called").waitFor();
  await clean("the address");
  await finish(server, id);
  await page.goto(home(`#/search/${encodeURIComponent("<img")}`));
  const panel = page.getByRole("region", { name: "Finished" });
  await panel.getByLabel("Customer's id").fill(attack);
  await eventually("what is finished is found", async () => {
    await panel.getByRole("button", { name: "Find" }).click();
    await panel.getByRole("status").waitFor();
    return (await panel.getByRole("link", { name: attack }).count()) > 0;
  });
  await clean("what is finished");
  await panel.getByRole("link", { name: attack }).click();
  await page.getByRole("button", { name: "Read it" }).click();
  await bubble(page, attack).waitFor();
  await clean("a finished session");
  await done(page);
});

test("on a narrow screen, in German and in the dark", async () => {
  const { id } = await goodbye(server, bot, "forum");
  bot.send("session.close", { session: id });
  const page = await atTheWall({ viewport: { width: 360, height: 640 }, locale: "de-DE", colorScheme: "dark" });
  await page.getByRole("heading", { name: "Warteschlangen" }).waitFor();
  const fits = async (what) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${what}: ${wide} px wide`);
    await accessible(page, what);
    await shoot(page, `wall-narrow-${what}`);
  };
  await fits("overview");
  for (const where of [`session/${id}`, "queue/support", "agent/anna", "search/forum"]) {
    await page.goto(home(`#/${where}`));
    await page.locator("article.one, .found").first().waitFor();
    if (!where.includes("/support") && !where.includes("/anna")) await page.locator(".badge", { hasText: /Bot gibt frei|Bei niemandem|Wartet/ }).first().waitFor();
    await fits(where.split("/")[0]);
  }
  await finish(server, id);
  const told = await goodbye(server, bot, "released");
  bot.send("session.close", { session: told.id });
  const anna = await Peer.agent(server, "anna");
  await take(anna, told.id);
  await page.goto(home("#/agent/anna"));
  await page.getByRole("cell", { name: "skill:AgentSkill" }).waitFor();
  await fits("agent at work");
  await finish(server, told.id);
  await anna.close();
  await done(page);
});

test("the front page says where to go", async () => {
  const page = await browser.open(day.page(""));
  await page.getByText("takes commands").waitFor();
  await accessibleInBoth(page, "home");
  const links = await page.getByRole("link").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  for (const link of [...links, "/desk/"]) assert.equal((await server.ask("GET", link)).status, 200, link);
  for (const link of ["/desk//", "//evil.example/"]) assert.equal((await server.ask("GET", link)).status, 404, link);
  await page.getByRole("link", { name: /Wallboard/ }).click();
  await page.getByLabel("Login").waitFor();
  await done(page);
});
