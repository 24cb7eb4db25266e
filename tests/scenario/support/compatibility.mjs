// compatibility.mjs - what a real client found: rows of docs/compatibility.md, made by the test run itself.
//
//   const table = new Table("cognigy", { title: "…", client: "socket.io 2.5.1" });
//   test("…", table.works("processInput", async () => { … }));
//   test("…", table.differs("reconnect", "how it differs, in words", async () => { … }));
//   test("…", table.lacks("admin API", "what is said instead", async () => { … }));
//   after(() => table.check());
//
// A row is there because its test passed. The rows are kept in
// tests/compatibility/NAME.json: check() fails when they are not those of this
// run (run it with COMPATIBILITY=write, then ./dev gen).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

const KEPT = new URL("../../compatibility", import.meta.url).pathname;

export class Table {
  #rows = [];
  #failed = false;

  constructor(name, { title, client }) {
    this.file = path.join(KEPT, `${name}.json`);
    this.head = { title, client };
  }

  #row(call, verdict, note, run) {
    const row = { call, verdict, ...(note ? { note } : {}) };
    this.#rows.push(row); // in the order of the file, not of the clock
    return async (...args) => {
      row.ran = true;
      try {
        await run(...args);
      } catch (error) {
        this.#failed = true;
        throw error;
      }
    };
  }

  works(call, run) {
    return this.#row(call, "works", "", run);
  }

  differs(call, how, run) {
    return this.#row(call, "differs", how, run);
  }

  lacks(call, instead, run) {
    return this.#row(call, "not offered", instead, run);
  }

  // After all tests. A run of some tests only (--test-name-pattern) says nothing.
  check() {
    if (this.#failed || this.#rows.some((row) => !row.ran)) return;
    const rows = this.#rows.map(({ ran, ...row }) => row);
    const text = `${JSON.stringify({ ...this.head, rows }, null, 1)}\n`;
    if (process.env.COMPATIBILITY === "write") {
      fs.writeFileSync(this.file, text);
      return;
    }
    const kept = fs.existsSync(this.file) ? fs.readFileSync(this.file, "utf8") : "";
    assert.equal(kept, text, "the kept rows are not those of this run: run the test with COMPATIBILITY=write, then ./dev gen");
  }
}
