import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { instant, newId } from '../projector/author.ts';
import { createSystem, type System, tool } from '../projector/system.ts';
import { appendAt, endOf, knownHistory } from './moments.ts';

let system: System;
let known: Awaited<ReturnType<typeof knownHistory>>;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  known = await knownHistory(system);
});
afterAll(() => system[Symbol.asyncDispose]());

const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');
const time = (i: number) => instant(known.moments[i]?.at ?? 0);
const lines = (text: string) => text.trimEnd().split('\n');

/** Runs a shell's line with the tool in `$TOOL`, beside the system. */
async function shell(line: string, settings: Record<string, string> = {}) {
  // Node shows no colours where CI is set, whatever the terminal can.
  const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...inherited } = process.env;
  const env = {
    ...{ ...inherited, ...system.env(), TERM: 'xterm-256color', TOOL: `${process.execPath} ${entry}` },
    ...settings,
  };
  const { stdout } = await promisify(execFile)('bash', ['-c', line], { env });
  return stdout.replaceAll('\r\n', '\n');
}

describe('cli history', () => {
  test('piped: one line an event, with the state behind it in columns', async () => {
    const { anna, ids } = known;
    const made = await tool(system, 'history', anna.userId);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [header, ...rows] = lines(made.stdout).map((line) => line.split('\t'));
    const column = (name: string) => rows.map((row) => row[header?.indexOf(name) ?? -1]);
    expect(column('revision')).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(column('subscription_status')).toEqual([
      '',
      ...Array(4).fill('active'),
      ...Array(3).fill('suspended'),
    ]);
    expect(column('active')).toEqual(['0', '0', '1', '2', '1', '1', '1', '1']);
    expect(column('revoked')).toEqual(['0', '0', '0', '0', '1', '1', '1', '1']);
    expect(column('user_status').at(-1)).toBe('erased');
    expect(JSON.parse(column('data')[2] as string)).toMatchObject({ clientId: 'desk', licenseId: ids.desk });
    expect(made.stdout).not.toContain('eyJ');
  });

  test('--json: one object an event, up to the time', async () => {
    const { anna, ids, start } = known;
    const made = await tool(system, 'history', anna.userId, '--json', '--as-of', time(5));
    const events = lines(made.stdout).map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual([
      ...['UserSignedUp', 'SubscriptionStarted', 'LicenseActivated', 'LicenseActivated', 'LicenseRevoked'],
    ]);
    expect(events.at(-1)).toMatchObject({
      revision: 4,
      time: time(5),
      actor: { role: 'system', id: 'test' },
      schema_version: 1,
      data: { userId: anna.userId, licenseId: ids.desk, clientId: 'desk' },
      state: {
        status: 'active',
        subscription: { subscription_id: ids.pro, plan_type: 'pro', status: 'active' },
        licenses: { active: 1, deactivated: 0, revoked: 1 },
      },
      fault: null,
    });
    expect(events.at(-1).data).not.toHaveProperty('personal');
    const before = await tool(system, 'history', anna.userId, '--json', '--as-of', instant(start - 1));
    expect(before).toMatchObject({ code: 0, stdout: '' });
  });

  test('--with-personal opens what was not erased, password hashes excepted', async () => {
    const { anna, ben } = known;
    const made = await tool(system, 'history', ben.userId, '--json', '--with-personal');
    const events = lines(made.stdout).map((line) => JSON.parse(line));
    expect(events[0].data.personal).toEqual({ email: ben.email });
    expect(events[2].data.personal).toEqual({ clientName: 'phone of somebody' });
    expect(events[3].data.personal).toEqual({});
    const erased = await tool(
      system,
      'history',
      anna.userId,
      '--json',
      '--with-personal',
      '--as-of',
      time(2),
    );
    expect(lines(erased.stdout).map((line) => JSON.parse(line).data.personal)).toEqual([{}, undefined, {}]);
  });

  test('--state: the state alone, as of a time', async () => {
    const { ben, ids } = known;
    const made = await tool(system, 'history', ben.userId, '--state', '--with-personal', '--as-of', time(3));
    expect(JSON.parse(made.stdout)).toMatchObject({
      user_id: ben.userId,
      as_of: time(3),
      state: {
        status: 'active',
        email: ben.email,
        subscription: { subscription_id: ids.basic, plan_type: 'basic', status: 'active' },
        license_counts: { active: 1, deactivated: 0, revoked: 0 },
        licenses: [{ license_id: ids.phone, client_id: 'phone', client_name: 'phone of somebody' }],
      },
    });
  });

  test('ends with the last event, also where a clock that is ahead has decided it, and says which that is', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const ahead = Date.now() + 60_000;
    await appendAt(user, ahead, {
      type: 'PasswordChanged',
      data: { userId, personal: { passwordHash: 'y' } },
    });
    expect(lines((await tool(system, 'history', userId, '--json')).stdout)).toHaveLength(2);
    const { stdout } = await tool(system, 'history', userId, '--state');
    expect(JSON.parse(stdout)).toMatchObject({
      as_of: instant(ahead),
      last_event: { revision: 1, position: await endOf(system) },
      state: { status: 'active' },
    });
    const early = await tool(system, 'history', userId, '--state', '--as-of', '2020-01-01');
    expect(JSON.parse(early.stdout)).toMatchObject({ last_event: null, state: null });
  });

  test('on a terminal: a timeline in colours, then the state; without colours where none are wanted', async () => {
    const line = `script -qec "$TOOL history ${known.ben.userId} --with-personal" /dev/null`;
    const text = await shell(line);
    expect(text).toContain('\u001b[1mUserSignedUp');
    const plain = await shell(line, { NO_COLOR: '1' });
    expect(plain).not.toContain('\u001b');
    expect(plain.replaceAll(/\d/g, '9')).toContain(' SubscriptionStarted      basic, 9999-99-99 99:99Z to ');
    expect(plain).toMatch(/→ basic active until \d{4}-\d\d-\d\d \d\d:\d\dZ$/m);
    expect(plain).toMatch(/^ {2}clients {7}1 active, 0 revoked, 0 deactivated$/m);
    expect(plain).toMatch(/^ {4}active {2}phone \(phone of somebody\), since /m);
  });

  test('what a reader leaves is no failure', async () => {
    expect(await shell(`set -o pipefail; $TOOL history ${known.anna.userId} | head -1`)).toMatch(
      /^revision\t/,
    );
  });

  test('works while PostgreSQL is unreachable, and says what that means', async () => {
    const away = { env: () => ({ ...system.env(), DATABASE_URL: 'postgres://postgres@127.0.0.1:9/x' }) };
    const made = await tool(away, 'history', known.ben.userId);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("PostgreSQL can't be reached") });
    expect(lines(made.stdout)).toHaveLength(6);
  });

  test.each([
    ['nobody of that id', [newId()], 1, 'there is no user'],
    ['no id', [], 2, "user's id"],
    ['no UUID', ['anna'], 2, 'a UUID'],
    ['nobody of that email', ['anna@example.com'], 1, 'there is no user'],
    ['two ids', [newId(), newId()], 2, "user's id"],
    ['no time', [newId(), '--as-of', 'yesterday'], 2, '--as-of'],
    [
      'no time zone',
      [newId(), '--as-of', '2026-06-01T12:00'],
      2,
      '--as-of: 2026-06-01T12:00 names no time zone',
    ],
    ['a time ahead', [newId(), '--as-of', '2999-01-01'], 2, '--as-of: 2999-01-01 lies ahead'],
  ])('%s', async (_name, args, code, text) => {
    const made = await tool(system, 'history', ...args);
    expect(made).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
  });

  test('no personal data without the key', async () => {
    const { VAULT_MASTER_KEY: _, ...env } = system.env();
    const made = await tool({ env: () => env as never }, 'history', known.ben.userId, '--with-personal');
    expect(made).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('VAULT_MASTER_KEY') });
  });
});
