#!/usr/bin/env node
// pages.mjs DIST PACK: packs the built web pages for src/pages/blob.S. The form
// of the pack is described in src/pages/pack.h.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".mp3": "audio/mpeg",
};

function* filesUnder(folder, path = "") {
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesUnder(folder, at);
    else yield at;
  }
}

// desk/index.html is the page /desk.
function pathOf(file) {
  return file.endsWith("/index.html") ? file.slice(0, -"/index.html".length) || "/" : file;
}

// What compression makes larger stays as it is.
function formsOf(bytes) {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  const packed = [["br", brotliCompressSync(bytes, quality)], ["gzip", gzipSync(bytes, { level: 9 })]];
  return [...packed.filter(([, form]) => form.length < bytes.length), ["identity", bytes]];
}

function pack(dist) {
  const lines = [];
  const parts = [];
  for (const file of filesUnder(dist)) {
    const type = types[extname(file)];
    if (type === undefined) throw new Error(`${file}: no content type is known for ${extname(file)}; add it to tools/pages.mjs`);
    const bytes = readFileSync(join(dist, file));
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    const kind = file.startsWith("/assets/") ? "asset" : "page";
    for (const [encoding, form] of formsOf(bytes)) {
      lines.push([pathOf(file), type, `"${hash}-${encoding}"`, kind, encoding, form.length].join("\t"));
      parts.push(form);
    }
  }
  return Buffer.concat([Buffer.from(["BATON-PAGES 1", ...lines, "", ""].join("\n")), ...parts]);
}

const [dist, out] = process.argv.slice(2);
if (dist === undefined || out === undefined) {
  console.error("usage: tools/pages.mjs DIST PACK");
  process.exit(2);
}
writeFileSync(out, pack(dist));
