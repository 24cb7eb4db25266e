// desk.mjs - a day in the centre: a server with its accounts, a bot that hands
// over, a browser.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { Peer } from "../../scenario/support/peer.mjs";
import { BATON, Server } from "../../scenario/support/server.mjs";
import { Browser, signIn } from "./browser.mjs";

export const PASSWORD = "correct horse battery";

const ACCOUNTS = {
  anna: ["--role", "agent", "--agent", "anna"],
  bert: ["--role", "agent", "--agent", "bert"],
  sue: ["--role", "supervisor"],
  sam: ["--role", "supervisor"],
  tim: ["--role", "supervisor"], // of a team, where the centre says so
  ada: ["--role", "admin"],
};

// Who was here a moment ago is still available.
export async function becomeAvailable(page, become = "Become available", leave = "Step away") {
  const button = page.getByRole("button", { name: become });
  const there = page.getByRole("button", { name: leave });
  await button.or(there).waitFor();
  while (!(await there.isVisible())) await button.click({ timeout: 500 }).catch(() => {});
}

export class Day {
  #cookies = new Map(); // by login

  static async begin(centre, logins = ["anna", "bert", "sue"]) {
    const day = new Day();
    day.server = await Server.start(centre);
    const data = path.join(day.server.data, "journal");
    for (const login of logins) {
      const { status, stderr } = spawnSync(BATON, ["account", "add", login, ...ACCOUNTS[login], "--data", data], { input: `${PASSWORD}\n`, encoding: "utf8" });
      assert.equal(status, 0, stderr);
    }
    day.browser = await Browser.start();
    day.bot = await Peer.bot(day.server);
    return day;
  }

  async end() {
    await this.browser?.close();
    await this.server?.remove();
  }

  page(name, query = "") {
    return `http://127.0.0.1:${this.server.port}/${name}${query}`;
  }

  // Who has signed in once is still signed in: passwords are slow on purpose.
  async signedIn(login, where, options = {}) {
    const page = await this.browser.open(this.page(where), { storageState: this.#cookies.get(login), ...options });
    if (!this.#cookies.has(login)) {
      await signIn(page, login, PASSWORD);
      await page.locator(".signin").waitFor({ state: "detached" });
      this.#cookies.set(login, await page.context().storageState());
    }
    return page;
  }

  // An agent who is signed in, available and has nothing to do.
  async atWork(login = "anna", options = {}) {
    const page = await this.signedIn(login, "desk", options);
    await becomeAvailable(page);
    await page.getByText("Nothing to do.").waitFor();
    return page;
  }

  // A customer whom the bot has handed over to the queue of @entry.
  async handOver(words, more = {}, entry = "released") {
    const customer = await Peer.customer(this.server, entry);
    const { session } = await this.bot.hear("a new session", (f) => f.type === "session.invited" && !f.resumed);
    await this.bot.ask("session.accept", { session: session.id });
    await customer.ask("message", { text: words });
    await this.bot.ask("session.goodbye", { session: session.id, outcome: "escalate", ...more });
    await this.bot.ask("session.close", { session: session.id });
    return { customer, session: session.id };
  }

  async finish(session) {
    for (const what of ["end", "complete"]) await this.server.as("supervisor")("POST", `/sessions/${session}/${what}`, {});
  }
}
