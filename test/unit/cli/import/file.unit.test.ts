import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLine } from '../../../../cli/import/line.ts';
import { readLines } from '../../../../cli/import/lines.ts';
import { type ImportOptions, runImport } from '../../../../cli/import/run.ts';
import { Seen } from '../../../../cli/import/seen.ts';
import { licenseKeyForm, licenseKeyHash } from '../../../../shared/license-keys/text.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = path.join(folder, 'customers.ndjson');
  writeFileSync(file, text);
  return file;
}

describe('a line', () => {
  const ada = { external_id: 'cus-1' };
  const problems = (change: object) => parseLine(JSON.stringify({ ...ada, ...change })).problems;

  it('of the documentation is a customer', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/import.md'), 'utf8');
    const [, json = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
    const { customer } = parseLine(json.replaceAll('\n', ' '));
    expect(customer).toMatchObject({
      externalId: 'cus_1042',
      subscriptions: [{ plan: 'pro', quantity: 2, cancelled: false, startDate: Date.UTC(2021, 2, 1) }],
      licenseKeys: [{ uses: 20 }, { hash: expect.stringMatching(/^5df6e0e2/) }],
      clients: [{ licenseKey: 0 }, { clientId: 'desk-11', licenseKey: undefined }],
    });
  });

  it('has license keys by the digest that they are found by, however they are typed', () => {
    const of = (key: string) => parseLine(JSON.stringify({ ...ada, license_keys: [{ key }] })).customer;
    expect(of('old1-7f3a 99c2')).toEqual(of('OLD1-7F3A-99C2'));
    expect(of('OLD1-7F3A-99C2')?.licenseKeys[0]?.hash).toBe(licenseKeyHash(licenseKeyForm('01D17F3A99C2')));
  });

  it.each<[string, object, string]>([
    ['nobody', { external_id: undefined }, '/external_id: required'],
    ['an unknown member', { phone: '1' }, '/phone: unknown field'],
    [
      'an email in place of an id',
      { external_id: 'ada@example.com' },
      '/external_id: this looks like an email address: the id is kept for ever and cannot be erased, so it must not name a person',
    ],
    [
      'a date without a time zone',
      {
        subscriptions: [
          { external_id: 's', plan: 'pro', start_date: '2021-01-01', end_date: '2030-01-01T00:00:00Z' },
        ],
      },
      '/subscriptions/0/start_date: expected a date and time with a time zone, such as 2030-01-31T00:00:00Z',
    ],
    ['a key in two forms', { license_keys: [{}] }, '/license_keys/0: expected key or sha256, one of the two'],
    [
      'a key that nobody could send',
      { license_keys: [{ key: 'ab' }] },
      '/license_keys/0/key: expected 6 to 128 letters, digits and signs of ASCII',
    ],
    [
      'a machine of a key that is not there',
      { clients: [{ client_id: 'a', license_key: 0 }] },
      '/clients/0/license_key: there is no such license key',
    ],
  ])('with %s is refused by its place', (_, change, problem) => {
    expect(problems(change)).toEqual([problem]);
  });

  it('that is no JSON, or has a member twice, is refused', () => {
    expect(parseLine('{').problems).toEqual(['the line is no JSON']);
    expect(parseLine('{"external_id":"a","external_id":"b"}').problems).toEqual([
      '/external_id is there twice',
    ]);
  });
});

it('lines are read whole, wherever the file is cut into chunks, and empty ones are skipped', async () => {
  const large = 'x'.repeat(200_000);
  const file = fileOf(`a\r\n\n${large}\nß\n${'y'.repeat(5 * 2 ** 20)}\nlast`);
  const lines = await Array.fromAsync(readLines(file));
  expect(lines.map(({ number, text }) => [number, text])).toEqual([
    [1, 'a'],
    [3, large],
    [4, 'ß'],
    [5, undefined],
    [6, 'last'],
  ]);
  expect(lines.at(-1)?.end).toBe(readFileSync(file).length);
});

it('a value that came before is found with its line, among any number of others', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 3_000 }), (values) => {
      const seen = new Seen(4);
      const first = new Map<number, number>();
      for (const [at, value] of values.entries()) {
        expect(seen.at(String(value), at)).toBe(first.get(value));
        if (!first.has(value)) first.set(value, at);
      }
    }),
    { numRuns: 20 },
  );
});

describe('an import', () => {
  const lineOf = (n: number, change: object = {}) => JSON.stringify({ external_id: `c-${n}`, ...change });

  async function run(text: string, change: Partial<ImportOptions> = {}) {
    const said: string[] = [];
    const taken: string[] = [];
    const report = await runImport({
      file: fileOf(text),
      fromLine: 1,
      take: async ({ externalId }) => {
        taken.push(externalId);
        return { kind: 'imported', events: 1 };
      },
      signal: new AbortController().signal,
      progress: { update: () => {}, end: () => {} },
      onProblem: (line, problem) => said.push(`${line} ${problem}`),
      ...change,
    });
    return { report, said, taken };
  }

  it('tells of every problem in the order of the lines, and takes the others', async () => {
    const text = [
      ...[lineOf(1, { email: 'a@example.com' }), '{', lineOf(3)],
      ...[lineOf(1), lineOf(5, { email: 'A@EXAMPLE.com' })],
    ].join('\n');
    const { report, said, taken } = await run(text);
    expect(said).toEqual([
      '2 the line is no JSON',
      '4 /external_id: line 1 has the same',
      '5 /email: line 1 has the same',
    ]);
    expect(taken).toEqual(['c-1', 'c-3']);
    expect(report).toEqual({ customers: 2, unchanged: 0, events: 2, problems: 3, stoppedAt: undefined });
  });

  it('says where the rules refuse a customer, in words', async () => {
    const { said } = await run(lineOf(1), {
      take: async () => ({
        kind: 'refused',
        place: '/subscriptions/0',
        refusal: { code: 'invalid_field', field: 'plan', detail: 'no such plan' },
      }),
    });
    expect(said).toEqual(['1 /subscriptions/0/plan: no such plan']);
    const taken = await run(lineOf(1), {
      take: async () => ({ kind: 'refused', place: '/email', refusal: { code: 'email_taken' } }),
    });
    expect(taken.said).toEqual(['1 /email: The email address belongs to a user already (email_taken)']);
  });

  it('goes on from a line, and names the one where it was interrupted', async () => {
    const text = Array.from({ length: 300 }, (_, n) => lineOf(n + 1)).join('\n');
    const stop = new AbortController();
    let customers = 0;
    const { report, taken } = await run(text, {
      fromLine: 11,
      signal: stop.signal,
      take: async () => {
        customers += 1;
        if (customers === 100) stop.abort();
        return { kind: 'imported', events: 1 };
      },
    });
    expect(taken).toEqual([]);
    expect(report.stoppedAt).toBe(10 + report.customers + 1);
    expect(report.customers).toBe(customers);
  });

  it('that can not go on says at which line', async () => {
    const text = Array.from({ length: 10 }, (_, n) => lineOf(n + 1)).join('\n');
    const stopped = run(text, {
      take: async ({ externalId }) => {
        if (externalId === 'c-7') throw new Error('the event store is unavailable');
        return { kind: 'imported', events: 1 };
      },
    });
    await expect(stopped).rejects.toMatchObject({
      code: 'import_stopped',
      line: 7,
      message: 'stopped at line 7: the event store is unavailable',
    });
  });
});
