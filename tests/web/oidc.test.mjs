// oidc.test.mjs - signing in at a provider in a real browser, which keeps its own rules for cookies.
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { realProvider } from "../scenario/support/real_provider.mjs";
import { Server } from "../scenario/support/server.mjs";
import { accessible, Browser, nothingWrong, shoot } from "./support/browser.mjs";

const SECRET = "a secret of client and server";

let provider, server, browser, home;

async function freePort() {
  const line = net.createServer();
  await once(line.listen(0, "127.0.0.1"), "listening");
  const { port } = line.address();
  await new Promise((done) => line.close(done));
  return port;
}

// The page is at localhost and the provider at 127.0.0.1: two sites for a browser.
before(async () => {
  const port = await freePort();
  home = `http://localhost:${port}`;
  provider = await realProvider({
    client_id: "baton", client_secret: SECRET, redirect_uris: [`${home}/api/v1/login/shop/callback`],
    post_logout_redirect_uris: [`${home}/`], grant_types: ["authorization_code"], response_types: ["code"],
  }, { anna: { name: "Anna at work", preferred_username: "anna", groups: ["agents"] } });
  server = new Server();
  server.port = port;
  fs.writeFileSync(path.join(server.data, "client-secret"), `${SECRET}\n`, { mode: 0o600 });
  server.write(`
centre: oidc
publicUrl: ${home}
passwords: false
agents: [{ id: anna, name: Anna }]
tokens: [{ role: admin, token: test-admin-token-x, name: admin }]
oidc:
  - { id: shop, name: Shop, issuer: "${provider.issuer}", clientId: baton, clientSecret: "file:client-secret",
      scope: [openid, profile, groups], roles: { agent: [agents] }, makeAccounts: true }
`);
  await server.up();
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  await server?.remove();
  await provider?.stop();
});

test("an agent signs in at another site, and is at the desk after a reload too", async () => {
  provider.who = "anna";
  const page = await browser.open(`${home}/desk?of=a(b)#c`);
  const way = page.getByRole("link", { name: "Sign in with Shop" }).or(page.getByRole("button", { name: "Sign in with Shop" }));
  await way.waitFor();
  assert.equal(await page.getByLabel("Password").count(), 0, "nobody has a password here");
  await accessible(page, "sign-in at a provider");
  await shoot(page, "signin-provider");
  const left = page.waitForRequest("**/login/shop?*");
  await way.click();
  assert.equal(new URL((await left).url()).searchParams.get("return"), "/desk?of=a%28b%29#c");
  await page.getByText(/^Away/).waitFor();
  assert.equal(new URL(page.url()).search, "?of=a%28b%29");
  await page.reload();
  await page.getByText(/^Away/).waitFor();
  const cookies = await page.context().cookies(home);
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["baton", true, "Strict"]]);
  nothingWrong(page);
  await page.context().close();
});

test("who breaks off at the provider reads why, and finds the way back", async () => {
  provider.who = undefined;
  const page = await browser.open(`${home}/desk`);
  await page.getByText("Sign in with Shop").click();
  await page.getByRole("heading").first().waitFor();
  await accessible(page, "broken off");
  const left = await page.getByRole("main").evaluate((main) => main.getBoundingClientRect().left);
  assert.ok(left > 100, "its policy lets its own style be");
  await shoot(page, "signin-broken-off");
  assert.ok(page.url().startsWith(home), page.url());
  await page.getByRole("link").first().click();
  await page.getByText("Sign in with Shop").waitFor();
  await page.context().close();
});
