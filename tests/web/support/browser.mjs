// browser.mjs - pages in a real Chromium: what goes wrong on them fails the test.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { CENTRE } from "../../scenario/support/server.mjs";

const clients = createRequire(new URL("../../clients/package.json", import.meta.url));
const { chromium } = clients("playwright-core");
const AXE = fs.readFileSync(clients.resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.SHOTS;
const PATIENCE_MS = 20_000;

const SCRIPTS = new URL("../../../examples/handover/", import.meta.url).pathname;
// The scenarios' centre, open to visitors, from wherever it is written.
export const OPEN_CENTRE = fs.readFileSync(CENTRE, "utf8").replaceAll("../../examples/handover/", SCRIPTS) + "\nvisitors: true\n";
// The same, where files are taken.
export const FILES_CENTRE = OPEN_CENTRE.replaceAll("fallback: support", 'files: ["image/*", application/pdf, text/plain], maxFileBytes: 400000, fallback: support');

// A picture of stripes.
export const PNG = picture(96, 64);
function picture(width, height) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0]); // 8 bits of grey
  const row = Buffer.concat([Buffer.alloc(1), Buffer.from(Array.from({ length: width }, (_, x) => 60 + 120 * ((x >> 3) & 1)))]);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.concat(Array(height).fill(row)))), chunk("IEND", Buffer.alloc(0))]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

export const attach = (page, ...files) =>
  page.locator('input[type="file"]').setInputFiles(files.map(([name, buffer]) => ({ name, mimeType: "application/octet-stream", buffer })));

export const write = async (page, text) => {
  await page.getByRole("textbox", { name: "Write a message" }).fill(text);
  await page.keyboard.press("Enter");
};
export async function signIn(page, login, password, words = { login: "Login", password: "Password", button: "Sign in" }) {
  await page.getByLabel(words.login).fill(login);
  await page.getByLabel(words.password).fill(password);
  await page.getByRole("button", { name: words.button }).click();
}
export const bubble = (page, text) => page.locator(".bubble:not(.pending)", { hasText: text });

export class Browser {
  // @whole: with all that a Chromium has; the one without windows knows no
  // notifications, and opens pages in half the time.
  static async start({ whole = false } = {}) {
    const browser = new Browser();
    browser.inner = await chromium.launch({
      executablePath: process.env[whole ? "CHROMIUM" : "CHROMIUM_SHELL"],
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    return browser;
  }

  // A page in a profile of its own. Options are Playwright's for a context.
  // @first: what is done with the page before it is anywhere.
  async open(url, options = {}, first = undefined) {
    const context = await this.inner.newContext({ locale: "en-GB", bypassCSP: false, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.wrong = [];
    page.on("pageerror", (error) => page.wrong.push(`error: ${error.message}`));
    page.on("console", (said) => {
      // A server that is away, or says no, is part of some stories.
      const told = /net::ERR_|WebSocket connection to|status of (4(01|04|09|12)|503)/;
      if (said.type() === "error" && !told.test(said.text())) {
        page.wrong.push(`console: ${said.text()}`);
      }
    });
    await first?.(page);
    await page.goto(url);
    return page;
  }

  close() {
    return this.inner.close();
  }
}

export function nothingWrong(page) {
  assert.deepEqual(page.wrong, []);
}

// Kept for people to look at.
export async function shoot(page, name) {
  if (!SHOTS) return;
  fs.mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
}

// WCAG 2.2 AA, as far as a program can see, shadow roots included. The tool is
// put in by the debugger's way, which the pages' policy does not concern.
export async function accessible(page, what, rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), rules);
  const lines = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  assert.deepEqual(lines, [], what);
}
