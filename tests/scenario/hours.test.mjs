// hours.test.mjs - a queue that is closed says when it opens, also after kill -9; opened, it takes the session.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Peer } from "./support/peer.mjs";
import { finish, idle } from "./support/story.mjs";
import { CENTRE, Server } from "./support/server.mjs";

const SCRIPTS = new URL("../../examples/handover/", import.meta.url).pathname;
const ZONE = "America/New_York";
const DAY_MS = 24 * 3600 * 1000;

// What clocks in New York show.
const there = (time, options) =>
  new Intl.DateTimeFormat("en-US", { timeZone: ZONE, hourCycle: "h23", ...options }).format(time);
const dayOf = (time) => there(time, { year: "numeric", month: "2-digit", day: "2-digit" });
const weekday = (time) => there(time, { weekday: "short" }).toLowerCase();

const opening = new Date(Date.now() + 3 * DAY_MS);
const centre = (openings) =>
  fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS)
    .replace("queues:\n", "queues:\n  - { id: office, skills: [AgentSkill], hours: New York }\n") +
  `\nhours:\n  - { id: ny, name: New York, timeZone: ${ZONE}, ${openings} }\n`;
const always = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((d) => `${d}: "00:00-24:00"`).join(", ");

let server, bot, supervisor;

before(async () => {
  server = await Server.start(centre(`${weekday(opening)}: "09:00-17:00"`));
  bot = await Peer.bot(server);
  supervisor = server.as("supervisor");
});
after(() => server?.remove());

const transfer = (id) => supervisor("POST", `/sessions/${id}/transfer`, { queueId: "office" });

function closed(answer) {
  assert.equal(answer.status, 409);
  assert.equal(answer.body.refusal, "queue_closed");
  const opens = new Date(answer.body.opensAt);
  assert.equal(dayOf(opens), dayOf(opening));
  assert.equal(there(opens, { hour: "2-digit", minute: "2-digit" }), "09:00");
  assert.match(answer.body.detail, /^Queue 'office' is closed; it opens .*T09:00:00-0[45]:00\.$/);
  const late = Date.now() + answer.body.retryAfterMs - opens.getTime();
  assert.ok(Math.abs(late) < 60_000, `${late} ms beside the opening`);
  assert.ok(Number(answer.headers["retry-after"]) > DAY_MS / 1000);
}

test("closed, after kill -9 still closed, and open when the calendar has changed", async () => {
  const { id } = await idle(server, bot);
  closed(await transfer(id));
  assert.equal((await supervisor("GET", "/queues/office")).body.open, false);
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.status, "idle");

  await server.stop("SIGKILL");
  await server.up();
  closed(await transfer(id));

  await server.stop("SIGKILL");
  server.write(centre(always));
  await server.up();
  assert.equal((await supervisor("GET", "/queues/office")).body.open, true);
  assert.equal((await transfer(id)).status, 200);
  assert.equal((await supervisor("GET", `/sessions/${id}`)).body.status, "queued");
  bot = await Peer.bot(server);
  await finish(server, id);
});
