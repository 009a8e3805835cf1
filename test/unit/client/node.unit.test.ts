import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileStore, machineFingerprint } from '../../../client/src/node/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-store-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('a file', () => {
  it('is private to the account, in a folder that is made', async () => {
    const file = path.join(folder, 'acme/license.json');
    const store = fileStore(file);
    expect(await store.read()).toBeUndefined();
    await store.write('kept');
    expect(await fileStore(file).read()).toBe('kept');
    expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('is there whole at every moment, whoever writes', async () => {
    const store = fileStore(path.join(folder, 'license.json'));
    await store.write('0'.repeat(10_000));
    const writes = Array.from({ length: 50 }, (_, i) => store.write(String(i % 10).repeat(10_000)));
    const reads = Array.from({ length: 200 }, async () => (await store.read()) ?? '');
    for (const text of await Promise.all(reads)) expect(text).toMatch(/^(\d)\1{9999}$/);
    await Promise.all(writes);
    expect(readdirSync(folder)).toEqual(['license.json']);
  });

  it('that can not be replaced leaves nothing beside it', async () => {
    mkdirSync(path.join(folder, 'license.json'));
    await expect(fileStore(path.join(folder, 'license.json')).write('x')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['license.json']);
  });
});

describe('a fingerprint', () => {
  /** A program of another system, with what that system's prints. */
  function install(name: string, output: string): void {
    writeFileSync(path.join(folder, name), `#!/bin/sh\ncat <<'END'\n${output}\nEND\n`);
    chmodSync(path.join(folder, name), 0o755);
    vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env.PATH}`);
  }

  it.each([
    ['darwin', 'ioreg', '  |   "IOPlatformUUID" = "5A1B6E0C-0000-5000-8000-0C0FFEE00000"', /^ioreg -rd1/],
    ['win32', 'reg', '    MachineGuid    REG_SZ    5a1b6e0c-0000-4000-8000-0c0ffee00000', /^reg query HKLM/],
  ] as const)(
    'on %s says what it read, and is another for each product',
    async (platform, program, output, reads) => {
      install(program, output);
      const first = await machineFingerprint('app', platform);
      expect(first).toEqual({
        clientId: expect.stringMatching(/^[\w-]{32}$/),
        reads: expect.stringMatching(reads),
      });
      expect(await machineFingerprint('app', platform)).toEqual(first);
      expect((await machineFingerprint('other', platform)).clientId).not.toBe(first.clientId);
      install(program, output.replace('5', '6'));
      expect((await machineFingerprint('app', platform)).clientId).not.toBe(first.clientId);
    },
  );

  it('of a machine without an id there is none', async () => {
    await expect(machineFingerprint('app', 'aix')).rejects.toThrow('this machine (aix) has no id');
    install('ioreg', 'nothing');
    await expect(machineFingerprint('app', 'darwin')).rejects.toThrow('has no id');
  });
});
