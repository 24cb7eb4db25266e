// talk.test.mjs - a visitor's page, an agent's and a supervisor's, in one conversation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, attach, bubble, FILES_CENTRE, nothingWrong, PNG, shoot, write } from "./support/browser.mjs";
import { Post } from "../scenario/support/post.mjs";
import { Day } from "./support/desk.mjs";

let day;
let post;
before(async () => {
  post = await Post.open();
  process.env.MAIL_SECRET = "the mail server's secret";
  const mail = `mail: { url: "smtp://127.0.0.1:${post.port}", from: chat@shop.example, user: shop, password: "env:MAIL_SECRET" }`;
  day = await Day.begin(`${FILES_CENTRE}\n${mail}\n`, ["anna", "sue"]);
});
after(async () => {
  post?.close();
  await day?.end();
});

test("files, receipts and typing go both ways, and a supervisor sees the files", async () => {
  const { browser, bot } = day;
  const visitor = await browser.open(day.page("demo?entry=released"));
  await visitor.getByRole("button", { name: "Open the chat" }).click();
  const { session } = await bot.hear("session.invited");
  await bot.ask("session.accept", { session: session.id });
  await bot.ask("session.goodbye", { session: session.id, outcome: "escalate" });
  await bot.ask("session.close", { session: session.id });

  const agent = await day.signedIn("anna", "desk");
  await agent.getByRole("button", { name: "Become available" }).click();
  await agent.getByRole("button", { name: "Accept" }).click();
  await visitor.getByText("Anna is with you now.").waitFor();

  await visitor.getByRole("textbox", { name: "Write a message" }).fill("this is");
  await agent.getByLabel("Conversation").getByText("The customer is typing").waitFor();
  await write(visitor, "this is the cat");
  await attach(visitor, ["cat.png", PNG]);
  await agent.locator('.bubble.customer img[alt="cat.png"]').waitFor();
  await bubble(visitor, "Read").waitFor();

  await agent.getByRole("textbox", { name: "Write a message" }).fill("what a");
  await visitor.getByText("Anna is typing").waitFor();
  await write(agent, "what a cat");
  await attach(agent, ["bill.pdf", Buffer.from("%PDF-1.7 a bill")], ["evil.png", Buffer.from("\x7fELF", "latin1")]);
  await visitor.getByRole("button", { name: "Save bill.pdf" }).waitFor();
  await agent.getByText("'evil.png' is application/octet-stream by its content").waitFor();
  await bubble(agent, "Read").waitFor();
  await accessible(agent, "a desk with files");
  await shoot(agent, "desk-files");
  await shoot(visitor, "widget-with-desk");

  const wall = await day.signedIn("sue", `wall#/session/${session.id}`);
  await wall.getByRole("button", { name: "Listen in" }).click();
  await wall.locator('.talk img[alt="cat.png"]').waitFor();
  await wall.getByRole("button", { name: "Save bill.pdf" }).waitFor();
  await shoot(wall, "wall-files");

  await visitor.getByRole("button", { name: "Keep the transcript" }).click();
  const to = visitor.getByLabel("Or have it sent by mail to");
  await to.fill("zoe@shop.example");
  post.refuses = true;
  await visitor.getByRole("button", { name: "Send the mail" }).click();
  await visitor.getByRole("alert").waitFor();
  assert.equal(await to.inputValue(), "zoe@shop.example");
  post.refuses = false;
  await visitor.getByRole("button", { name: "Send the mail" }).click();
  await visitor.getByText("It was sent to zoe@shop.example.").waitFor();
  assert.deepEqual(post.mails.map((one) => one.to), [["RCPT TO:<zoe@shop.example>"]]);
  await accessible(visitor, "a transcript by mail");
  nothingWrong(visitor);
});
