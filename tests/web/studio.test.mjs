// studio.test.mjs - scripts are written, looked at, published and brought back, with everything real.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { BATON, Server } from "../scenario/support/server.mjs";
import { accessible, Browser, nothingWrong, OPEN_CENTRE, shoot, signIn } from "./support/browser.mjs";

const PASSWORD = "correct horse battery";

let server, browser;

before(async () => {
  server = await Server.start(OPEN_CENTRE);
  const data = path.join(server.data, "journal");
  for (const words of [["ada", "--role", "admin"], ["sue", "--role", "supervisor"], ["anna", "--role", "agent", "--agent", "anna"]]) {
    const { status, stderr } = spawnSync(BATON, ["account", "add", ...words, "--data", data], { input: `${PASSWORD}\n`, encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

async function open(query = "", { login = "ada", ...options } = {}) {
  const page = await browser.open(`http://127.0.0.1:${server.port}/studio${query}`, { viewport: { width: 1440, height: 900 }, ...options });
  await signIn(page, login, PASSWORD);
  return page;
}
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
  const page = await open("", { login: "anna" });
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
  const page = await browser.open(`http://127.0.0.1:${server.port}/studio?script=forum`, { viewport: { width: 360, height: 700 }, locale: "de-DE", colorScheme: "dark" });
  await signIn(page, "ada", PASSWORD, { login: "Benutzername", password: "Passwort", button: "Anmelden" });
  await page.locator(".box.refused").waitFor();
  await accessible(page, "a narrow flow");
  await shoot(page, "studio-narrow-flow");
  await page.getByRole("tab", { name: "Skript" }).click();
  await page.getByRole("textbox", { name: "Text des Skripts" }).waitFor();
  await accessible(page, "a narrow script");
  await shoot(page, "studio-narrow");
  const wide = await page.evaluate(() => ["html", ".bar", ".findings"].filter((what) => document.querySelector(what).scrollWidth > 360));
  assert.deepEqual(wide, [], "wider than the screen");
  nothingWrong(page);
  await page.context().close();
});
