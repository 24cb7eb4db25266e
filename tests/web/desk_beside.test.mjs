// desk_beside.test.mjs - what agents do beside a conversation: notes, replies,
// hold, asking a colleague.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { idle } from "../scenario/support/story.mjs";
import { accessible, bubble, nothingWrong, OPEN_CENTRE, shoot, write } from "./support/browser.mjs";
import { becomeAvailable, Day, PASSWORD } from "./support/desk.mjs";

const ATTACK = '<img src=x onerror="document.title=666"><b>bold</b>';
const REPLIES = `
replies:
  - { name: greeting, text: "Good day, how can I help?" }
  - { name: refund, text: "The money is on its way." }
  - { name: french, text: "Bonjour", queues: [french] }
  - { name: markup, text: '${ATTACK}' }
`;

const OUTCOMES = `
dispositions:
  - { id: solved, name: Solved at once }
  - { id: complaint, name: '${ATTACK}', noteRequired: true }
`;

let day;

before(async () => {
  day = await Day.begin(OPEN_CENTRE + REPLIES + OUTCOMES);
});
after(() => day?.end());

const field = (page) => page.getByRole("textbox", { name: "Write a message" });

async function accept(page, words) {
  await page.getByRole("button", { name: "Accept" }).click();
  await bubble(page, words).waitFor();
}

const supervisor = () => day.server.as("supervisor");

test("a reply is found with / and sent; replies of other queues are not shown; Escape leaves the line", async () => {
  const page = await day.atWork();
  const { customer, session } = await day.handOver("Where is my money?");
  await accept(page, "Where is my money?");
  await field(page).fill("/");
  assert.deepEqual(await page.getByRole("option").locator("strong").allTextContents(), ["greeting", "refund", "markup"]);
  await accessible(page, "the list of replies");
  await shoot(page, "desk-replies");
  await field(page).fill("/money way");
  assert.equal(await page.getByRole("option").count(), 1);
  await page.keyboard.press("Enter");
  assert.equal(await field(page).inputValue(), "The money is on its way.");
  await page.keyboard.press("Enter");
  await customer.hear("the reply", (f) => f.type === "message" && f.text === "The money is on its way.");
  await field(page).fill("/gree");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("option").count(), 0);
  await page.keyboard.press("Enter");
  await customer.hear("the line as it is", (f) => f.type === "message" && f.text === "/gree");
  await field(page).fill("/markup");
  await page.keyboard.press("Tab");
  assert.equal(await field(page).inputValue(), ATTACK);
  await page.keyboard.press("Enter");
  await bubble(page, ATTACK).waitFor();
  assert.equal(await page.locator(".desk img, .desk b").count(), 0);
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("a note is there after a reload, and neither the customer nor the bot hears of it", async () => {
  const page = await day.atWork();
  const { customer, session } = await day.handOver("I am angry");
  await accept(page, "I am angry");
  await page.getByRole("button", { name: "Note" }).click();
  await page.getByLabel("A note, which the customer never sees").fill(ATTACK);
  await page.keyboard.press("Enter");
  await page.locator(".bubble.note", { hasText: ATTACK }).waitFor();
  assert.equal(await page.locator(".desk img, .desk b").count(), 0);
  await page.reload();
  await page.locator(".bubble.note", { hasText: ATTACK }).waitFor();
  await write(page, "I understand.");
  await customer.hear("the answer", (f) => f.type === "message" && f.text === "I understand.");
  assert.ok(!JSON.stringify([customer.all, day.bot.all]).includes("onerror"));
  const { body } = await supervisor()("GET", `/sessions/${session}/timeline`);
  assert.equal(body.events.filter((e) => e.type === "session.noted" && e.text === ATTACK).length, 1);
  assert.doesNotMatch(await page.title(), /666/);
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});

test("an outcome is chosen from those of the centre, with its note; words of one's own where the queue takes them", async () => {
  const page = await day.atWork();
  const end = async (choose) => {
    const { id: session } = await idle(day.server, day.bot);
    await supervisor()("POST", `/sessions/${session}/transfer`, { queueId: "support" });
    await page.getByRole("button", { name: "Accept" }).click();
    await page.getByRole("button", { name: "End", exact: true }).click();
    await choose(page.getByLabel("Disposition: choose one"));
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("Nothing to do.").waitFor();
    const { body } = await supervisor()("GET", `/sessions/${session}/timeline`);
    const { disposition, note } = body.events.find((e) => e.disposition !== undefined);
    return [disposition, note];
  };
  const complaint = await end(async (list) => {
    await list.selectOption({ label: ATTACK });
    assert.deepEqual(await list.locator("option").allTextContents(), ["Disposition: choose one", "Solved at once", ATTACK]);
    await accessible(page, "outcomes to choose from");
    await shoot(page, "desk-outcomes");
    await page.getByLabel("A note is needed with it").fill("Very angry.");
  });
  assert.deepEqual(complaint, ["complaint", "Very angry."]);
  const patched = await day.server.as("admin")("PATCH", "/queues/support", { freeDisposition: true });
  assert.equal(patched.status, 200, JSON.stringify(patched.body));
  const own = await end(async (list) => {
    await list.selectOption({ label: "Another: …" });
    await page.getByLabel("Disposition, such as solved").fill("sent to the moon");
  });
  assert.equal(own[0], "sent to the moon");
  nothingWrong(page);
  await page.context().close();
});

test("on hold the customer is told, the time is shown, and a message takes the customer back", async () => {
  const page = await day.atWork();
  const { customer, session } = await day.handOver("One question");
  await accept(page, "One question");
  await page.getByRole("button", { name: "Hold" }).click();
  await customer.hear("the hold", (f) => f.type === "session.held");
  await page.getByRole("timer").filter({ hasText: /The customer is on hold: \d+:\d\d/ }).waitFor();
  await accessible(page, "a customer on hold");
  await shoot(page, "desk-hold");
  await page.reload();
  await page.getByRole("button", { name: "Take back" }).click();
  await customer.hear("the end of it", (f) => f.type === "session.resumed");
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByRole("button", { name: "Take back" }).waitFor();
  await write(page, "Here I am again.");
  await bubble(page, "Here I am again.").waitFor();
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByRole("button", { name: "Take back" }).waitFor();
  await supervisor()("POST", `/sessions/${session}/end`, {});
  await page.getByRole("form", { name: "Wrap-up" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Take back" }).count(), 0, "nobody is on hold who has gone");
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});

async function askBert(page) {
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("To").selectOption({ label: "Agent: Bert" });
  await page.getByLabel("Note for whoever takes it").fill("May I refund?");
  await page.getByRole("button", { name: "Ask first" }).click();
}

const consultation = (page) => page.getByRole("region", { name: "Consultation" });

async function sayBeside(page, label, text) {
  await consultation(page).getByLabel(label).fill(text);
  await page.keyboard.press("Enter");
}

test("asking a colleague: they talk alone, then together, then the session is handed over", async () => {
  const anna = await day.atWork("anna");
  const bert = await day.atWork("bert");
  const { customer, session } = await day.handOver("I want a refund");
  await accept(anna, "I want a refund");
  await askBert(anna);
  await consultation(anna).getByText("Asking: nobody has answered yet").waitFor();
  await bert.getByRole("button", { name: "Accept" }).click();
  await consultation(bert).getByText("I want a refund").waitFor();
  await sayBeside(anna, "Write to whom you ask", "Up to 50?");
  await bubble(bert, "Up to 50?").waitFor();
  await write(bert, "Yes.");
  await consultation(anna).getByText("Yes.").waitFor();
  await accessible(anna, "asking");
  await accessible(bert, "being asked");
  await shoot(anna, "desk-consult-asks");
  await shoot(bert, "desk-consult-answers");
  await anna.reload();
  await consultation(anna).getByText("Yes.").waitFor();
  await consultation(anna).getByRole("button", { name: "Let them in" }).click();
  await sayBeside(bert, "Write to the customer", "Bert here.");
  await customer.hear("Bert", (f) => f.type === "message" && f.text === "Bert here." && f.name === "Bert");
  assert.ok(!customer.all.some((f) => ["Up to 50?", "Yes."].includes(f.text)));
  await consultation(anna).getByRole("button", { name: "Hand over" }).click();
  await anna.getByText("Nothing to do.").waitFor();
  await write(bert, "Now it is mine.");
  await customer.hear("the new holder", (f) => f.type === "message" && f.text === "Now it is mine.");
  const { body } = await supervisor()("GET", `/sessions/${session}`);
  assert.deepEqual([body.status, body.holder.id, body.consult], ["active", "bert", null]);
  await day.finish(session);
  nothingWrong(anna);
  nothingWrong(bert);
  await bert.context().close();
  await anna.context().close();
});

test("a consultation that is over leaves the customer where it was; a refusal says why", async () => {
  const anna = await day.atWork("anna");
  const bert = await day.atWork("bert");
  const { session } = await day.handOver("A hard question");
  await accept(anna, "A hard question");
  await askBert(anna);
  await bert.getByRole("button", { name: "Accept" }).click();
  await consultation(bert).getByText("A hard question").waitFor();
  await consultation(bert).getByRole("button", { name: "End consultation" }).click();
  await bert.getByText("Nothing to do.").waitFor();
  await consultation(anna).waitFor({ state: "detached" });
  await supervisor()("POST", "/queues/french/pause", { reason: "training" });
  await anna.getByRole("button", { name: "Transfer" }).click();
  await anna.getByLabel("To").selectOption({ label: "Queue: French desk" });
  await anna.getByRole("button", { name: "Ask first" }).click();
  await anna.locator(".refusal", { hasText: "pause" }).waitFor();
  await supervisor()("POST", "/queues/french/open", {});
  const { body } = await supervisor()("GET", `/sessions/${session}`);
  assert.equal(body.holder.id, "anna");
  await day.finish(session);
  nothingWrong(anna);
  await bert.context().close();
  await anna.context().close();
});

test("at 360 pixels, in German and in the dark, nothing is wider than the screen", async () => {
  const page = await day.browser.open(day.page("desk"), { viewport: { width: 360, height: 740 }, locale: "de-DE", colorScheme: "dark" });
  await page.getByLabel("Benutzername").fill("anna");
  await page.getByLabel("Passwort").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await becomeAvailable(page, "Verfügbar werden", "Abwesend sein");
  const { session } = await day.handOver("Guten Tag");
  await page.getByRole("button", { name: "Annehmen" }).click();
  await bubble(page, "Guten Tag").waitFor();
  await page.getByRole("button", { name: "Halten" }).click();
  await page.getByRole("button", { name: "Zurückholen" }).waitFor();
  await page.getByRole("button", { name: "Notiz" }).click();
  await page.getByRole("textbox", { name: "Nachricht" }).fill("/");
  await page.getByRole("option").first().waitFor();
  await accessible(page, "a narrow desk");
  const wide = await page.evaluate(() => ["html", ".conversation", ".beside", ".composer"].filter((what) => document.querySelector(what).scrollWidth > 360));
  assert.deepEqual(wide, [], "wider than the screen");
  await shoot(page, "desk-beside-narrow");
  await day.finish(session);
  nothingWrong(page);
  await page.context().close();
});
