import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dispatch } from '../../../cli/command-line/dispatch.ts';
import { keys } from '../../../cli/commands/keys.ts';
import { token } from '../../../cli/commands/token.ts';
import { formatRings, newRings, parseRings } from '../../../shared/tokens/ring-model.ts';

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
const rings = () => parseRings(readFileSync(path.join(folder, 'ring.json'), 'utf8'));

describe('the system that the tool works on', () => {
  const list = async (...args: string[]) => {
    const said = { out: '', err: '' };
    const write = (to: 'out' | 'err') => (line: string) => {
      said[to] += `${line}\n`;
    };
    const code = await dispatch([keys], ['keys', 'list', ...args], { out: write('out'), err: write('err') });
    return { code, ...said };
  };

  it('is the one whose data --data names', async () => {
    const ring = path.join(folder, 'ring.json');
    writeFileSync(ring, formatRings(newRings(Date.now())));
    writeFileSync(path.join(folder, 'env'), `KEYRING_FILE=${JSON.stringify(ring)}\n`);
    for (const data of [['--data', folder], [`--data=${folder}`]]) {
      expect(await list(...data)).toMatchObject({ code: 0, out: expect.stringMatching(/^access\t/m) });
    }
  });

  it('must have been started there', async () => {
    expect(await list('--data', path.join(folder, 'nothing'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('npm start -- --data'),
    });
  });
});

describe('cli token', () => {
  it('prints a token alone', async () => {
    await tool('keys', 'init');
    const made = await tool('token', '--role', 'operator', '--subject', 'anna', '--expires-in', '60');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toMatch(/^\S+\n$/);
    const { sub, role, iat = 0, exp } = decodeJwt(made.out.trim());
    expect({ sub, role, exp }).toEqual({ sub: 'anna', role: 'operator', exp: iat + 30 + 3_600 });
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
    ['a subject that is an email address', ['--role', 'operator', '--subject', 'anna@example.com']],
    ['a subject with an invisible character', ['--role', 'operator', '--subject', 'an\u200bna']],
    ['more than a day', ['--role', 'operator', '--subject', 'x', '--expires-in', '1441']],
    ['no time', ['--role', 'operator', '--subject', 'x', '--expires-in', '0']],
  ])('refuses %s', async (_what, args) => {
    expect(await refusal('token', ...args)).toEqual({ code: 2, out: '' });
  });
});

describe('cli keys', () => {
  it.each(['', '{"access":{"keys":[', '{}'])(
    'names the file that holds no rings (%j), the way out, and nothing of what it holds',
    async (text) => {
      writeFileSync(path.join(folder, 'ring.json'), text);
      const { code, out, err } = await tool('keys', 'list');
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/KEYRING_FILE: .*ring\.json holds no key rings: [\s\S]*secret store/);
      expect(err).not.toMatch(/^ +at /m);
    },
  );

  it('makes a ring once, rotates, withdraws, and lists what each key does', async () => {
    await tool('keys', 'init');
    const first = rings().lease.keys[0]?.kid as string;
    expect(await tool('keys', 'init')).toMatchObject({ code: 1, out: '' });
    const local = ['--local-clock', '--kind', 'lease'];
    const { out, err } = await tool('keys', 'rotate', '--lead', '30', ...local);
    const second = rings().lease.keys[1];
    expect(out).toBe(`lease\t${second?.kid}\n`);
    expect(err).toContain(second?.signsFrom);
    const { out: table } = await tool('keys', 'list');
    const rows = table
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.slice(0, 3).map(([kind, kid, state]) => [kind, kid, state])).toEqual([
      ['kind', 'kid', 'state'],
      ['access', rings().access.keys[0]?.kid, 'signing'],
      ['activation', rings().activation.keys[0]?.kid, 'signing'],
    ]);
    // Their states change half a minute after the withdrawal, which may be before a busy machine lists them.
    expect(rows.slice(3, 5).map(([kind, kid]) => [kind, kid])).toEqual([
      ['lease', first],
      ['lease', second?.kid],
    ]);
    const done = await tool('keys', 'withdraw', first, '--yes', '--local-clock');
    expect(done).toMatchObject({ code: 0, out: `${first}\n` });
    expect(await tool('keys', 'withdraw', first, '--yes')).toMatchObject({ code: 2, out: '' });
    // The waiting key takes over at the moment of the withdrawal, not after its lead.
    const [withdrawn, successor] = rings().lease.keys;
    expect(withdrawn?.withdrawnAt).toBeTypeOf('string');
    expect(successor?.signsFrom).toBe(withdrawn?.withdrawnAt);
    // Ten processes, one after another.
  }, 60_000);

  it.each([
    [[]],
    [['burn']],
    [['withdraw']],
    [['list', 'x']],
    [['init', '--lead', '5']],
    [['rotate', '--lead', '0']],
    [['rotate', '--kind', 'sessions']],
    [['rotate', '--yes']],
    [['list', '--local-clock']],
  ])('refuses %j', async (args) => {
    expect(await refusal('keys', ...args)).toEqual({ code: 2, out: '' });
  });
});

describe('a disk that is full', () => {
  const onFullDisk = (...args: string[]) => {
    const full = openSync('/dev/full', 'w');
    const env = { PATH: process.env.PATH, NODE_ENV: 'test' };
    try {
      return (['out', 'err', 'both'] as const).map((which) =>
        spawnSync(process.execPath, [entry, ...args], {
          env,
          encoding: 'utf8',
          stdio: ['ignore', which === 'err' ? 'pipe' : full, which === 'out' ? 'pipe' : full],
        }),
      );
    } finally {
      closeSync(full);
    }
  };

  it('makes a result fail, with a message, and costs no more than the messages', () => {
    const [out, err, both] = onFullDisk('--help');
    expect(out).toMatchObject({ status: 1, stderr: expect.stringContaining('could not be written') });
    expect(err).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage') });
    expect(both?.status).toBe(1);
  });
});
