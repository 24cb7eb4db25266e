// scope.test.mjs - the wallboard of a team's supervisor, and of an administrator who has no grant.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { idle, take } from "../scenario/support/story.mjs";
import { accessible, nothingWrong, OPEN_CENTRE } from "./support/browser.mjs";
import { Day } from "./support/desk.mjs";

const SAID = "canary-on-the-page-77b2";
let day, server, supervisor;
const sessions = {};

before(async () => {
  day = await Day.begin(OPEN_CENTRE.replace("supervisors: [tess]", "supervisors: [tess, tim]"), ["tim", "ada"]);
  ({ server } = day);
  supervisor = server.as("supervisor");
  for (const [queue, name] of [["support", "anna"], ["french", "bert"]]) {
    const agent = await Peer.agent(server, name);
    const told = await idle(server, day.bot);
    await supervisor("POST", `/sessions/${told.id}/transfer`, { queueId: queue });
    await take(agent, told.id);
    told.customer.send("message", { text: `${SAID} ${queue}` });
    sessions[queue] = told.id;
  }
});
after(() => day?.end());

async function open(login, hash = "") {
  const page = await day.signedIn(login, `wall${hash}`);
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

// It asked for what it may not have, which the browser notes, and showed the answer.
const done = (page) => page.context().close();

test("a team's supervisor sees its queue and agents, and is told whose the other session is", async () => {
  const page = await open("tim");
  await page.getByRole("rowheader", { name: /^French desk/ }).first().waitFor();
  await page.getByText("Bert").first().waitFor();
  for (const other of ["Small", "Nobody serves it", "Anna"]) assert.equal(await page.getByText(other, { exact: true }).count(), 0, other);
  assert.equal(await page.getByRole("rowheader", { name: /^Support/ }).count(), 0);
  nothingWrong(page);
  await page.goto(day.page("wall", `#/session/${sessions.french}`));
  await page.locator("article.one").getByRole("heading", { level: 2 }).waitFor();
  await page.goto(day.page("wall", `#/session/${sessions.support}`));
  const alert = page.getByRole("alert");
  await alert.getByText("It belongs to another team").waitFor();
  await alert.getByText(/is of home; 'tim' supervises gaul/).waitFor();
  await accessible(page, "another team's session");
  await done(page);
});

test("an administrator reads what was said once somebody has granted it, and is told so before", async () => {
  const page = await open("ada", `#/session/${sessions.french}`);
  await page.getByRole("alert").getByText("Administrators read conversations by a grant").waitFor();
  assert.ok(!(await page.content()).includes(SAID));
  const { status, text } = await supervisor("POST", "/grants", { to: "ada", until: new Date(Date.now() + 3600_000).toISOString(), why: "a look" });
  assert.equal(status, 201, text);
  await page.reload();
  await page.locator("article.one").getByRole("heading", { level: 2 }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  await done(page);
});

test("who reads German is told it in German", async () => {
  const page = await open("tim", `?lang=de#/session/${sessions.support}`);
  await page.getByText("Das gehört zu einem anderen Team").waitFor();
  await page.getByText("die Aufsicht des genannten Teams fragen").waitFor();
  await done(page);
});
