// mail.test.mjs - a visitor has the transcript sent, where the centre has a mail server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Peer } from "../scenario/support/peer.mjs";
import { Post } from "../scenario/support/post.mjs";
import { Server } from "../scenario/support/server.mjs";
import { accessible, Browser, bubble, nothingWrong, OPEN_CENTRE, shoot } from "./support/browser.mjs";

let post, server, browser, bot;

before(async () => {
  post = await Post.open();
  process.env.MAIL_SECRET = "the mail server's secret";
  server = await Server.start(`${OPEN_CENTRE}mail: { url: "smtp://127.0.0.1:${post.port}", from: chat@shop.example, user: shop, password: "env:MAIL_SECRET" }\n`);
  browser = await Browser.start();
  bot = await Peer.bot(server);
});
after(async () => {
  await browser?.close();
  post?.close();
  await server?.remove();
});

test("a wrong address is refused in the visitor's language, a right one gets the mail, and a mail server that says no is told", async () => {
  const page = await browser.open(`http://127.0.0.1:${server.port}/demo?entry=plain`, { locale: "de-DE" });
  await page.locator(".launcher").click();
  const { session } = await bot.hear("session.invited");
  await bot.ask("session.accept", { session: session.id });
  await bot.ask("message", { session: session.id, text: "What can I do for you?" });
  await bubble(page, "What can I do for you?").waitFor();
  await page.getByRole("button", { name: "Verlauf aufbewahren" }).click();
  const address = page.getByLabel("Oder per E-Mail senden an");
  const send = page.getByRole("button", { name: "E-Mail senden" });
  await address.fill("anna"); // the browser itself says no
  await send.click();
  assert.ok(await address.evaluate((field) => field.matches(":invalid")));
  await address.fill("<b>@shop.example");
  await address.evaluate((field) => (field.type = "text"));
  await send.click();
  await page.getByRole("alert").getByText("Das ist keine E-Mail-Adresse").waitFor();
  await accessible(page, "an address that is none");
  await shoot(page, "widget-mail");
  assert.deepEqual(post.mails, []);
  await address.fill("anna@shop.example");
  await send.click();
  await page.getByRole("status").getByText("Gesendet an anna@shop.example.").waitFor();
  assert.equal(post.mails.length, 1);
  post.refuses = true;
  await address.fill("bert@shop.example");
  await send.click();
  await page.getByRole("alert").getByText("Der Mailserver hat").waitFor();
  assert.equal(post.mails.length, 1);
  page.wrong = page.wrong.filter((one) => !/status of (422|502)/.test(one)); // the browser notes what was refused
  nothingWrong(page);
});
