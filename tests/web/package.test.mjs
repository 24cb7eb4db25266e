// package.test.mjs - the npm package @baton/widget, packed and installed as its users do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { Server } from "../scenario/support/server.mjs";
import { accessible, Browser, bubble, nothingWrong, OPEN_CENTRE, shoot, write } from "./support/browser.mjs";

const SOURCE = new URL("../../web/packages/widget/", import.meta.url).pathname;

let server, browser, bot, shop, folder;

// In an empty folder, without a registry: the package needs nothing else.
function install() {
  const npm = (where, ...words) => execFileSync("npm", words, { cwd: where, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const [{ filename, files }] = JSON.parse(npm(SOURCE, "pack", "--json", "--pack-destination", folder));
  fs.writeFileSync(path.join(folder, "package.json"), '{"private":true}');
  npm(folder, "install", "--offline", "--no-audit", "--no-fund", `./${filename}`);
  return files.map((file) => file.path).sort();
}

const PAGE = () => `<!doctype html><html lang="de"><title>Shop</title><h1>Shop</h1><main id="here"></main>
  <script type="importmap">{"imports":{"@baton/widget":"/node_modules/@baton/widget/dist/widget.js"}}</script>
  <script type="module">
    import { BatonChat, mount } from "@baton/widget";
    globalThis.mounted = mount({ server: "http://127.0.0.1:${server.port}", entry: "plain", heading: "Ask the shop", lang: "en", theme: "light", target: document.querySelector("#here") });
    if (!(mounted instanceof BatonChat)) throw new Error("not the element");
  </script></html>`;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "baton-package-"));
  shop = createServer((request, answer) => {
    const file = request.url.startsWith("/node_modules/") ? path.join(folder, request.url) : null;
    answer.setHeader("Content-Type", file ? "text/javascript" : "text/html");
    answer.end(file ? fs.readFileSync(file) : PAGE());
  });
  await new Promise((resolve) => shop.listen(0, "127.0.0.1", resolve));
  server = await Server.start(`${OPEN_CENTRE}origins: ["http://127.0.0.1:${shop.address().port}"]\n`);
  browser = await Browser.start();
  bot = await Peer.bot(server);
});
after(async () => {
  await browser?.close();
  shop?.close();
  await server?.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("packed, installed in an empty folder and mounted, visitors talk through it", async () => {
  assert.deepEqual(install(), ["README.md", "dist/widget.js", "index.d.ts", "package.json"]);
  const page = await browser.open(`http://127.0.0.1:${shop.address().port}/`);
  await page.getByRole("button", { name: "Open the chat" }).click();
  await page.getByRole("heading", { name: "Ask the shop" }).waitFor();
  const { session } = await bot.hear("session.invited");
  await bot.ask("session.accept", { session: session.id });
  await bot.ask("message", { session: session.id, text: "What would you like?" });
  await bubble(page, "What would you like?").waitFor();
  await write(page, "a widget");
  assert.equal((await bot.hear("customer.message")).text, "a widget");
  await accessible(page, "the mounted widget");
  await shoot(page, "package");
  // Taken away and mounted again, the conversation goes on.
  await page.evaluate(() => {
    globalThis.mounted.remove();
    document.querySelector("#here").append(globalThis.mounted);
  });
  await page.getByRole("button", { name: "Open the chat" }).click();
  await bubble(page, "a widget").waitFor();
  nothingWrong(page);
});
