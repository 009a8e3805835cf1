import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLicensing, type Licensing, memoryStore } from '../../../client/src/index.ts';
import { invalid, type Reply, type Seller, startSeller } from './seller.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let seller: Seller;
beforeEach(async () => {
  seller = await startSeller();
});
afterEach(() => seller[Symbol.asyncDispose]());

describe('memory', () => {
  it('answers for as long as an answer is fresh, and asks once for many who ask at once', async () => {
    const client = seller.client();
    await client.activate('key');
    expect((await client.check()).source).toBe('memory');
    seller.clock.now += 5 * MINUTE - 1;
    expect((await client.check()).source).toBe('memory');
    seller.clock.now += 1;
    const before = seller.questions();
    const answers = await Promise.all([
      client.check(),
      client.check({ entitlements: ['sso'] }),
      client.check(),
    ]);
    expect(answers.map(({ code }) => code)).toEqual(['VALID', 'ENTITLEMENTS_MISSING', 'VALID']);
    expect(seller.questions() - before).toBe(1);
  });

  it('is not believed by a clock that went back', async () => {
    const client = seller.client();
    await client.activate('key');
    seller.clock.now -= 1;
    expect((await client.check()).source).toBe('server');
  });
});

it('two that share a store: what one activates, the other finds', async () => {
  const [first, second] = [seller.client(), seller.client()];
  expect((await second.check()).code).toBe('not_activated');
  await first.activate('key');
  expect(await second.check()).toMatchObject({ allowed: true, source: 'server' });
  await first.deactivate();
  seller.clock.now += 5 * MINUTE;
  expect((await second.check()).code).toBe('not_activated');
});

it('what another process activates while a question is under way is not overwritten by its answer', async () => {
  const client = seller.client();
  await client.activate('key');
  seller.clock.now += 5 * MINUTE;
  seller.reply(async (response, question) => {
    const state = JSON.parse((await seller.store.read()) ?? '{}');
    await seller.store.write(JSON.stringify({ ...state, activationKey: 'd.e.f', lease: 'theirs' }));
    await invalid('DEACTIVATED')(response, question);
  });
  expect((await client.check()).code).toBe('DEACTIVATED');
  expect(JSON.parse((await seller.store.read()) ?? '{}')).toMatchObject({
    activationKey: 'd.e.f',
    lease: 'theirs',
  });
});

describe('the mark', () => {
  const away: Reply = (response) => void response.writeHead(503, { 'Retry-After': '60' }).end();
  /** Sets the clock, asks, and goes on. */
  const at = async (client: Licensing, hours: number) => {
    seller.clock.now = start + hours * HOUR;
    const { code, source } = await client.check();
    return `${code} by ${source}`;
  };
  let start: number;
  let client: Licensing;
  beforeEach(async () => {
    start = seller.clock.now;
    client = seller.client();
    await client.activate('key');
    seller.reply(away);
  });

  it('rises by each look at the stored lease, also for the next start of the program', async () => {
    expect(await at(client, 1)).toBe('VALID by lease');
    expect(await at(client, 10)).toBe('VALID by lease');
    expect(await at(client, 9)).toBe('clock_set_back by lease');
    expect(await at(seller.client(), 9)).toBe('clock_set_back by lease');
    expect(await at(client, 9.9)).toBe('VALID by lease');
  });

  it('is settled by an answer of the server, downwards too', async () => {
    expect(await at(client, 60)).toBe('VALID by lease');
    // The clock ran ahead, and is put right.
    expect(await at(client, 1)).toBe('clock_set_back by lease');
    seller.reply(seller.key.lease());
    expect(await at(client, 1.1)).toBe('VALID by server');
    seller.reply(away);
    expect(await at(client, 2)).toBe('VALID by lease');
  });
});

describe('a store', () => {
  it('that can not be read fails the question: another client id must not be made up', async () => {
    const store = { ...memoryStore(), read: () => Promise.reject(new Error('denied')) };
    await expect(seller.client({ store }).check()).rejects.toThrow('denied');
  });

  it('that can not be written fails activating, and no answer', async () => {
    const client = seller.client();
    await client.activate('key');
    const store = { read: seller.store.read, write: () => Promise.reject(new Error('disk full')) };
    const other = seller.client({ store });
    expect(await other.check()).toMatchObject({ allowed: true, source: 'server' });
    expect(seller.faults.map(({ code, cause }) => [code, String(cause)])).toEqual([
      ['store', 'Error: disk full'],
    ]);
    await expect(other.activate('key')).rejects.toThrow('disk full');
  });

  it.each(['', '{', 'null', '[]', '{"format":2,"activationKey":"a.b.c"}'])(
    'that holds %j is as good as empty, and that is said',
    async (text) => {
      await seller.store.write(text);
      expect(await seller.client().check()).toMatchObject({ allowed: false, code: 'not_activated' });
      expect(seller.faults.map(({ code }) => code)).toEqual(['store']);
    },
  );

  it('keeps the id that was made up, through activating and deactivating', async () => {
    const idOf = async () => JSON.parse((await seller.store.read()) ?? '{}').clientId;
    const client = createLicensing({ url: 'http://127.0.0.1:9', product: 'app', store: seller.store });
    expect(await client.activate('key')).toMatchObject({ activated: false, code: 'unreachable' });
    const id = await idOf();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await client.activate('key');
    expect(await idOf()).toBe(id);
  });
});

describe('what is typed in', () => {
  it.each(['', '  ', 'Schlüssel', 'a\u0000b'])('%j is no license key, and nobody is asked', async (typed) => {
    expect(await seller.client().activate(typed)).toMatchObject({
      activated: false,
      code: 'license_key_unknown',
    });
    expect(seller.asked).toEqual([]);
  });

  it('may have dashes of a word processor, and come in lines', async () => {
    expect(await seller.client().activate(' A3C5H\u2013R4RBV\u201467YR2\n1HAQG-SHDBS ')).toMatchObject({
      activated: true,
    });
  });
});

it.each(['http://licenses.example.com', 'ftp://localhost', 'nothing'])(
  'an address that would send keys in plain text, or is none, is refused: %s',
  (url) => {
    expect(() => createLicensing({ url, product: 'app', store: memoryStore() })).toThrow(TypeError);
  },
);
