// studio.test.mjs - scripts are written, looked at, published and brought back, with everything real.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, nothingWrong, OPEN_CENTRE, shoot, signIn } from "./support/browser.mjs";
import { Day, PASSWORD } from "./support/desk.mjs";

let day, server, browser;

before(async () => {
  day = await Day.begin(OPEN_CENTRE, ["ada", "sue", "anna"]);
  ({ server, browser } = day);
});
after(() => day?.end());

const open = (query = "?script=forum", { login = "ada", ...options } = {}) =>
  day.signedIn(login, `studio${query}`, { viewport: { width: 1440, height: 900 }, ...options });
const text = (page) => page.getByRole("textbox", { name: "Text of the script" });
const admin = (...words) => server.as("admin")(...words);

// The whole of it, as somebody who pastes.
async function paste(page, source) {
  await text(page).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(source);
}

test("an agent is told that the Studio is not for them; a supervisor looks and does not publish", async () => {
  const page = await open(undefined, { login: "anna" });
  await page.getByText("anna is an agent").or(page.getByText("Anna is an agent")).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, "sue", PASSWORD);
  await text(page).waitFor();
  await text(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("\n// more");
  await page.getByText("Draft, kept in this browser").waitFor();
  assert.ok(await page.getByRole("button", { name: "Publish", exact: true }).isDisabled());
  nothingWrong(page);
  await page.context().close();
});

test("a script that is not there: one is told so, and nothing else is opened in its place", async () => {
  const page = await open("?script=gone");
  await page.getByRole("alert").getByText("There is no script 'gone'").waitFor();
  assert.equal(await page.getByLabel("Script to edit").inputValue(), "");
  await accessible(page, "a script that is not there");
  await page.getByLabel("Script to edit").selectOption("forum");
  await page.getByText("1 warning").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  nothingWrong(page);
  await page.context().close();
});

test("the forum's script: the checker marks its transfer, draws the way to it, and its cure is one press", async () => {
  const page = await open("?script=forum");
  await page.getByText("1 warning").waitFor();
  await page.locator(".findings", { hasText: "this Transfer can be refused" }).waitFor();
  await page.locator(".box.refused", { hasText: "Transfer" }).waitFor();
  await page.locator(".way.risk").first().waitFor({ state: "attached" });
  await accessible(page, "the forum's script");
  await shoot(page, "studio-forum");
  await page.locator(".findings").getByRole("button", { name: "Write it so" }).click();
  await page.getByText("The checker has found nothing.").waitFor();
  assert.equal(await page.locator(".box.refused").count(), 0);
  await page.getByText("Draft, kept in this browser").waitFor();
  await page.reload();
  await page.locator(".findings", { hasText: "nothing" }).waitFor();
  assert.match(await text(page).innerText(), /when:released/);
  await page.getByRole("button", { name: "Drop the draft" }).click();
  await page.getByText("1 warning").waitFor();
  nothingWrong(page);
  await page.context().close();
});

test("what can be written is offered, and what a word is is told", async () => {
  const page = await open();
  await page.getByRole("button", { name: "New script" }).click();
  await page.getByLabel("Name of the new script").fill("trial");
  await page.keyboard.press("Enter");
  await text(page).click();
  await page.keyboard.type("s = GetSes");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "GetSessionInfo" }).first().waitFor();
  await page.locator(".cm-completionInfo").waitFor();
  await accessible(page, "completions");
  await shoot(page, "studio-complete");
  await page.keyboard.press("Enter");
  await page.keyboard.type("()");
  await page.locator(".editor").getByText("GetSessionInfo").first().hover();
  await page.locator(".cm-tooltip-hover .cm-words").waitFor();
  await shoot(page, "studio-hover");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("IF s.status = ");
  await page.getByText(/^\d errors?/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Publish", exact: true }).isDisabled());
  nothingWrong(page);
  await page.context().close();
});

test("a script is published, published again, compared, and brought back", async () => {
  const page = await open();
  await page.getByRole("button", { name: "New script" }).click();
  await page.getByLabel("Name of the new script").fill("greeting");
  await page.keyboard.press("Enter");
  await paste(page, 'TRACE "one"\n');
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("'greeting' is published.").waitFor();
  await paste(page, 'TRACE "two"\n');
  await page.getByText("Draft, kept in this browser").waitFor();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("'greeting' is published.").waitFor();
  assert.match((await admin("GET", "/scripts/greeting")).body.source, /two/);
  await page.getByRole("tab", { name: "Versions" }).click();
  const old = page.locator(".versions li:not(.current)");
  await old.getByRole("button", { name: "Compare with the draft" }).click();
  await page.locator(".difference").getByText('TRACE "one"').waitFor();
  await accessible(page, "versions");
  await shoot(page, "studio-versions");
  await old.getByRole("button", { name: "Publish again" }).click();
  await text(page).getByText('TRACE "one"').waitFor();
  assert.match((await admin("GET", "/scripts/greeting")).body.source, /one/);
  // Somebody else is faster.
  await paste(page, 'TRACE "mine"\n');
  await page.getByText("Draft, kept in this browser").waitFor();
  await admin("PUT", "/scripts/greeting", { source: 'TRACE "theirs"\n' });
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("Somebody else has published").waitFor();
  await page.getByRole("button", { name: "Publish anyway" }).click();
  await page.getByText("'greeting' is published.").waitFor();
  assert.match((await admin("GET", "/scripts/greeting")).body.source, /mine/);
  nothingWrong(page);
  await page.context().close();
});

test("on a narrow screen, in German and in the dark, one thing at a time", async () => {
  const page = await browser.open(day.page("studio?script=forum"), { viewport: { width: 360, height: 700 }, locale: "de-DE", colorScheme: "dark" });
  await signIn(page, "ada", PASSWORD, { login: "Benutzername", password: "Passwort", button: "Anmelden" });
  await page.locator(".box.refused").waitFor();
  await accessible(page, "a narrow flow");
  await shoot(page, "studio-narrow-flow");
  await page.getByRole("tab", { name: "Skript" }).click();
  await page.getByRole("textbox", { name: "Text des Skripts" }).waitFor();
  const finding = page.locator(".findings li.warning");
  await finding.getByText("Warnung: dieses Transfer kann abgelehnt werden: möglich ist hier der Zustand 'releasing' (der Bot hat sich verabschiedet, und").waitFor();
  await finding.getByText("mit when:released wird sie jetzt angenommen").waitFor();
  assert.equal(await finding.locator("[lang=en]").count(), 0, "no English is left");
  await accessible(page, "a narrow script");
  await shoot(page, "studio-narrow");
  const wide = await page.evaluate(() => ["html", ".bar", ".findings"].filter((what) => document.querySelector(what).scrollWidth > 360));
  assert.deepEqual(wide, [], "wider than the screen");
  nothingWrong(page);
  await page.context().close();
});

test("a run is stepped forwards and back, to a breakpoint and to its end", async () => {
  const page = await open("?script=forum");
  await page.getByRole("tab", { name: "Run" }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByText("Before step 1 of 4").waitFor();
  await page.locator(".cm-stand", { hasText: "GetSessionInfo" }).waitFor();
  await page.getByRole("button", { name: "Step", exact: true }).click();
  await page.getByRole("button", { name: "Step", exact: true }).click();
  await page.locator(".bad-answer", { hasText: "409" }).waitFor();
  await page.locator(".did .variables", { hasText: "result" }).waitFor();
  await accessible(page, "a step");
  await shoot(page, "studio-run");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await page.locator(".cm-stand", { hasText: "Transfer" }).waitFor();
  await text(page).getByText("LogError").click();
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: "On to a breakpoint" }).click();
  await page.locator(".cm-stand", { hasText: "LogError" }).waitFor();
  await page.getByRole("button", { name: "To the end" }).click();
  await page.getByText("The script is finished").waitFor();
  await page.locator(".events", { hasText: "release_in_progress" }).waitFor();
  nothingWrong(page);
  await page.context().close();
});

test("the cases of a scenario are played in place, and one that fails says why", async () => {
  const page = await open("?script=cure-released");
  await page.getByRole("tab", { name: "Tests" }).click();
  await page.getByRole("button", { name: "Begin with an example" }).click();
  await page.getByRole("button", { name: "Run all cases" }).click();
  await page.getByText("2 passed, 0 failed").or(page.getByText("1 passed, 1 failed")).waitFor();
  const scenario = page.getByLabel(/^Scenario/);
  await scenario.fill("cases:\n  - { scenario: it waits, expect: { status: queued } }\n  - { scenario: it comes, expect: { status: active } }\n");
  await page.getByRole("button", { name: "Run all cases" }).click();
  await page.getByText("1 passed, 1 failed").waitFor();
  await page.locator(".tests li.failed pre", { hasText: "queued" }).waitFor();
  await accessible(page, "scenario tests");
  await shoot(page, "studio-tests");
  await scenario.fill("agents: 1");
  await page.getByRole("button", { name: "Run all cases" }).click();
  await page.getByText("This cannot be played:").waitFor();
  nothingWrong(page);
  await page.context().close();
});

test("the server is killed under the Studio: what was written stays, and is looked at when it is back", async () => {
  const page = await open("?script=forum");
  await page.getByText("1 warning").waitFor();
  await server.stop("SIGKILL");
  await text(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("\nTRACE gone\n");
  await page.getByText("Draft, kept in this browser").waitFor();
  await page.getByText("Looking …").first().waitFor();
  await page.getByRole("button", { name: "Publish", exact: true }).click({ timeout: 2000 }).catch(() => {}); // not while nobody looks
  await server.up();
  await page.keyboard.insertText("// back\n");
  await page.getByText("2 warnings").waitFor();
  await page.reload();
  await text(page).getByText("// back").waitFor();
  assert.match((await admin("GET", "/scripts/forum")).body.source, /^(?!.*TRACE gone)/s);
  await page.getByRole("button", { name: "Drop the draft" }).click();
  await page.getByText("1 warning").waitFor();
  nothingWrong(page);
  await page.context().close();
});

test("a live session is watched, held at a breakpoint, and goes on", async () => {
  const flow = 'n = 1\nr = Wait(1)\nn = n + 1\nLogInfo("n {n}")\n';
  assert.equal((await admin("PUT", "/scripts/counting", { source: flow })).status, 200);
  const opened = await server.ask("POST", "/api/v1/sessions", { body: { entryPoint: "plain" } });
  const page = await open("?script=counting");
  await text(page).getByText("LogInfo").click();
  await page.keyboard.press("F9");
  await page.getByRole("tab", { name: "Live" }).click();
  await page.getByLabel("Session", { exact: true }).fill(opened.body.id);
  await page.getByRole("button", { name: "Attach" }).click();
  await page.getByText("No script of the session runs").waitFor();
  await page.getByText("The administrator 'ada' has no grant at this time").waitFor();
  page.wrong = page.wrong.filter((one) => !one.includes("status of 403")); // the browser notes it, too
  await page.getByRole("button", { name: "Detach" }).click();
  const grant = { to: "ada", until: new Date(Date.now() + 600_000).toISOString(), why: "to watch a script" };
  assert.equal((await server.as("supervisor")("POST", "/grants", grant)).status, 201);
  await page.getByLabel("Session", { exact: true }).fill(opened.body.id);
  await page.getByRole("button", { name: "Attach" }).click();
  await page.getByText("No script of the session runs").waitFor();
  assert.equal((await admin("POST", `/sessions/${opened.body.id}/script`, { name: "counting" })).status, 201);
  await page.getByText("stands still").waitFor();
  await page.locator(".cm-stand", { hasText: "LogInfo" }).waitFor();
  await page.locator(".variables", { hasText: "n" }).first().waitFor();
  await accessible(page, "a live session");
  await shoot(page, "studio-live");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator(".told", { hasText: "script.ended" }).waitFor();
  await page.getByRole("button", { name: "Detach" }).click();
  nothingWrong(page);
  await page.context().close();
});

test("whoever comes for the first time is shown the forum's script, its 409 and the cures", async () => {
  const page = await open("", { colorScheme: "dark" });
  await page.getByText("A script that everybody writes").waitFor();
  await text(page).getByText("GetSessionInfo").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.locator(".bad-answer", { hasText: "409" }).waitFor();
  await accessible(page, "the tour in the dark");
  await shoot(page, "studio-tour");
  await page.getByRole("button", { name: "Next" }).click();
  await page.locator(".box.refused").waitFor();
  for (const cure of ["when:released", "EndConversation", "WaitFor", "Hangup"]) {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("heading", { name: `Cure: ${cure}` }).waitFor();
    await text(page).getByText(cure).waitFor();
    await page.locator(".events .status.active").first().waitFor();
  }
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("The checker has found nothing.").waitFor();
  await page.getByRole("button", { name: "Write your own" }).click();
  await page.getByText("As published").waitFor();
  await page.reload();
  await page.getByText("As published").waitFor();
  assert.equal(await page.locator(".tour").count(), 0);
  nothingWrong(page);
  await page.context().close();
});

test("each page with all that it loads is small, compressed", async () => {
  const sizes = { "": 200_000, "demo?entry=plain": 200_000, desk: 200_000, wall: 200_000, studio: 700_000 };
  for (const [where, most] of Object.entries(sizes)) {
    let bytes = 0;
    const page = await browser.open("about:blank", {}, async (fresh) => {
      const client = await fresh.context().newCDPSession(fresh);
      await client.send("Network.enable");
      client.on("Network.loadingFinished", (done) => (bytes += done.encodedDataLength));
    });
    await page.goto(day.page(where));
    await page.locator(where.startsWith("demo") ? ".launcher" : "main").waitFor();
    assert.ok(bytes > 20_000 && bytes < most, `/${where}: ${bytes} bytes`);
    await page.context().close();
  }
});
