import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../../deploy/compose/roll.sh');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license test roll '));
  const words = 'Cannot connect to the Docker daemon';
  writeFileSync(path.join(folder, 'docker'), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([[[]], [['query-service']]])('says what Docker says where it fails (%j)', (args) => {
  const { status, stderr } = spawnSync('sh', [script, ...args], {
    env: { PATH: `${folder}:${process.env.PATH}` },
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'Cannot connect to the Docker daemon\n' });
});
