import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../../cli/commands/keys.ts';
import { token } from '../../../cli/commands/token.ts';
import { dispatch } from '../../../cli/dispatch.ts';
import { parseRing } from '../../../shared/tokens/ring-model.ts';

const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the tool as a process of its own, against a ring in a new folder. */
function tool(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    KEYRING_FILE: path.join(folder, 'ring.json'),
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
/** A wrong command line: refused before anything is read, so without a process of its own. */
async function refusal(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const write = (line: string) => {
    out += line;
  };
  return { code: await dispatch([token, keys], args, { out: write, err: () => {} }), out };
}
const ring = () => parseRing(readFileSync(path.join(folder, 'ring.json'), 'utf8'));

describe('cli token', () => {
  it('prints a token alone', async () => {
    await tool('keys', 'init');
    const made = await tool('token', '--role', 'operator', '--subject', 'anna', '--expires-in', '60');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toMatch(/^\S+\n$/);
    const { sub, role, iat = 0, exp } = decodeJwt(made.out.trim());
    expect({ sub, role, exp }).toEqual({ sub: 'anna', role: 'operator', exp: iat + 3_600 });
  });

  it('makes no ring in production', async () => {
    const refused = await tool('token', '--role', 'analyst', '--subject', 'anna');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('cli keys init');
  });

  it.each([
    ['a user’s token', ['--role', 'user', '--subject', 'x']],
    ['no subject', ['--role', 'operator']],
    ['a subject with control characters', ['--role', 'operator', '--subject', 'a\u0007']],
    ['more than a day', ['--role', 'operator', '--subject', 'x', '--expires-in', '1441']],
    ['no time', ['--role', 'operator', '--subject', 'x', '--expires-in', '0']],
  ])('refuses %s', async (_what, args) => {
    expect(await refusal('token', ...args)).toEqual({ code: 2, out: '' });
  });
});

describe('cli keys', () => {
  it('makes a ring once, rotates, withdraws, and lists what each key does', async () => {
    const { out: first } = await tool('keys', 'init');
    expect(await tool('keys', 'init')).toMatchObject({ code: 1, out: '' });
    const { out: second, err } = await tool('keys', 'rotate', '--lead', '30');
    expect(err).toContain(ring().keys[1]?.signsFrom);
    expect(await tool('keys', 'withdraw', first.trim())).toMatchObject({ code: 0, out: first });
    expect(await tool('keys', 'withdraw', first.trim())).toMatchObject({ code: 2, out: '' });
    const { out: table } = await tool('keys', 'list');
    const rows = table
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map(([kid, state]) => [kid, state])).toEqual([
      ['kid', 'state'],
      [first.trim(), 'signing'],
      [second.trim(), 'waiting'],
    ]);
    // The waiting key takes over at the moment of the withdrawal, not after its lead.
    expect(rows[2]?.[3]).toBe(rows[1]?.[4]);
  });

  it.each([
    [[]],
    [['burn']],
    [['withdraw']],
    [['list', 'x']],
    [['init', '--lead', '5']],
    [['rotate', '--lead', '0']],
  ])('refuses %j', async (args) => {
    expect(await refusal('keys', ...args)).toEqual({ code: 2, out: '' });
  });
});
