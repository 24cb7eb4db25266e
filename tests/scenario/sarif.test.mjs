// The SARIF log of `baton check`: valid by the published schema, and nothing to
// say for the validator of the format's own SDK.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(join(root, 'tests/clients/package.json'));
const Ajv = require('ajv/dist/2020');
const formats = require('ajv-formats');
const multitool = require('@microsoft/sarif-multitool-linux');

function check(...args) {
  const done = spawnSync(process.env.BATON, ['check', '--sarif', ...args],
                         { cwd: root, encoding: 'utf8' });
  assert.equal(done.stderr, '');
  return { code: done.status, text: done.stdout, log: JSON.parse(done.stdout) };
}

function validator() {
  const schema = readFileSync(join(dirname(multitool), 'sarif-2.1.0.json'), 'utf8');
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats(ajv);
  return ajv.compile(JSON.parse(schema));
}

const broken = check('tests/check');
const sound = check('examples/flows');

test('the logs are valid by the schema', () => {
  const valid = validator();
  for (const { log } of [broken, sound]) {
    assert.ok(valid(log), JSON.stringify(valid.errors));
  }
  const bad = structuredClone(broken.log);
  bad.runs[0].results[0].level = 'terrible';
  assert.ok(!valid(bad));
});

test('the exit code tells whether something was found', () => {
  assert.equal(broken.code, 1);
  assert.equal(sound.code, 0);
  assert.deepEqual(sound.log.runs[0].results, []);
});

test('each result names its rule and its place, and an edit that applies', () => {
  const { tool, results } = broken.log.runs[0];
  assert.ok(results.length >= 30);
  let fixes = 0;
  for (const result of results) {
    assert.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId);
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    const lines = readFileSync(join(root, artifactLocation.uri), 'utf8').split(/\r?\n/);
    const line = lines[region.startLine - 1].replace(/^\uFEFF/, '');
    assert.equal(region.snippet.text, line);
    for (const fix of result.fixes ?? []) {
      const { deletedRegion, insertedContent } = fix.artifactChanges[0].replacements[0];
      assert.equal(deletedRegion.startLine, region.startLine);
      assert.equal([...line].length + 1, deletedRegion.endColumn);
      assert.notEqual(insertedContent.text, line.trim());
      fixes++;
    }
  }
  assert.ok(fixes > 0);
});

test('the SDK\'s validator finds no error', { skip: process.arch !== 'x64' }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'baton-sarif-'));
  try {
    const file = join(dir, 'log.sarif');
    writeFileSync(file, broken.text);
    const done = spawnSync(multitool, ['validate', file, '--level', 'Error;Warning'], {
      encoding: 'utf8',
      env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
    });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    assert.match(done.stdout, /Analysis completed successfully/);
    // SARIF2005 would like a home page for the tool.
    const said = done.stdout.split('\n')
      .filter((line) => /: (error|warning) /.test(line) && !line.includes('SARIF2005'));
    assert.deepEqual(said, []);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
