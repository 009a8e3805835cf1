import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { invalid, json, type Reply, type Seller, signer, silence, startSeller } from './seller.ts';

const MINUTE = 60_000;

let seller: Seller;
beforeEach(async () => {
  seller = await startSeller();
});
afterEach(() => seller[Symbol.asyncDispose]());

/** A client that holds a lease, its memory over, and then what the next look finds. */
async function thenWith(...replies: readonly Reply[]) {
  const client = seller.client();
  expect(await client.activate('key')).toMatchObject({ activated: true, answer: { source: 'server' } });
  seller.clock.now += 6 * MINUTE;
  const before = seller.questions();
  seller.reply(...replies);
  const answer = await client.check();
  return { client, answer, questions: seller.questions() - before };
}

const page =
  (status: number): Reply =>
  (response) =>
    void response.writeHead(status, { 'Content-Type': 'text/html' }).end('<form>Room number</form>');
const redirect: Reply = (response, question) =>
  question.pathname === '/elsewhere'
    ? invalid('REVOKED')(response, question)
    : void response.writeHead(302, { Location: '/elsewhere' }).end();
const cut: Reply = (response) => void response.destroy();
const endless: Reply = (response) =>
  void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');

describe('what says nothing about a license leaves the stored lease', () => {
  it.each([
    ['a broken connection', cut, 3],
    ['a server error', page(500), 3],
    ['a proxy without a server', page(502), 3],
    ["a hotel's page", page(200), 1],
    ['a redirect to one', redirect, 3],
    ['a proxy that forbids', page(403), 1],
    ['a problem of ours', json(400, { code: 'invalid_request', title: 'x', status: 400 }), 1],
    ['an answer that is valid, but signed by nobody', json(200, { status: 'valid', code: 'VALID' }), 1],
    ['JSON of something else', json(200, { ok: true }), 1],
  ] as const)('%s', async (_name, reply, tries) => {
    const { answer, questions } = await thenWith(reply);
    expect(answer).toMatchObject({ allowed: true, code: 'VALID', source: 'lease' });
    expect(questions).toBe(tries);
    expect(seller.faults).toHaveLength(1);
  });

  it('nobody unlocks a program without one', async () => {
    seller.reply(json(200, { status: 'valid', code: 'VALID' }));
    const { activated, ...rest } = await seller.client().activate('key');
    expect({ activated, rest }).toMatchObject({ activated: true, rest: { answer: { allowed: false } } });
  });
});

it('a try that gets no answer, or no end of one, is given up after two seconds; the next one is an answer', async () => {
  const { answer, questions } = await thenWith(silence, endless, seller.key.lease());
  expect(answer).toMatchObject({ allowed: true, source: 'server' });
  expect(questions).toBe(3);
}, 15_000);

describe('Retry-After', () => {
  it('is waited for where it is short', async () => {
    const started = performance.now();
    const { answer } = await thenWith(json(429, {}, { 'Retry-After': '1' }), seller.key.lease());
    expect(answer.source).toBe('server');
    expect(performance.now() - started).toBeGreaterThan(1_000);
  });

  it('where it is long, the lease answers until then', async () => {
    const { client, answer, questions } = await thenWith(json(503, {}, { 'Retry-After': '120' }));
    expect([answer.source, questions]).toEqual(['lease', 1]);
    seller.clock.now += 2 * MINUTE - 1_000;
    expect((await client.check()).source).toBe('memory');
    seller.clock.now += 1_000;
    seller.reply(seller.key.lease());
    expect((await client.check()).source).toBe('server');
  });
});

it('a Retry-After of days is not believed', async () => {
  const { client } = await thenWith(json(503, {}, { 'Retry-After': '864000' }));
  seller.clock.now += 15 * MINUTE;
  seller.reply(seller.key.lease());
  expect((await client.check()).source).toBe('server');
});

it('who is locked out because nobody answers may try again at once', async () => {
  seller.reply(page(502));
  const client = seller.client();
  expect(await client.activate('key')).toMatchObject({ answer: { code: 'unreachable' } });
  seller.reply(seller.key.lease());
  expect(await client.check()).toMatchObject({ allowed: true, source: 'server' });
});

describe('activating and deactivating', () => {
  it.each([
    ["a hotel's page", page(200)],
    ['JSON of something else', json(200, { ok: true })],
    ['nothing', (response) => void response.writeHead(204).end()],
    ['a proxy without a server', page(502)],
  ] as const satisfies readonly (readonly [string, Reply])[])('%s is no activation', async (_name, reply) => {
    seller.commands.reply = reply;
    expect(await seller.client().activate('key')).toMatchObject({ activated: false, code: 'unreachable' });
    expect((await seller.client().check()).code).toBe('not_activated');
  });

  it.each([
    ["a hotel's page", page(200)],
    ['JSON of something else', json(200, { ok: true })],
    ['a proxy without a server', page(502)],
    ['no such route', json(404, { status: 404, code: 'route_not_found', title: 'x' })],
  ] as const)('after %s the place is still known to be taken', async (_name, reply) => {
    const client = seller.client();
    await client.activate('key');
    seller.commands.reply = reply;
    expect(await client.deactivate()).toMatchObject({ deactivated: false });
    expect(await seller.client().check()).toMatchObject({ allowed: true });
  });

  it('a refusal is a value, with all that the server said', async () => {
    const problem = { status: 409, code: 'client_limit_reached', title: 'x', limit: 1, active_clients: [] };
    seller.commands.reply = json(409, problem);
    expect(await seller.client().activate('key')).toEqual({
      activated: false,
      code: 'client_limit_reached',
      problem,
    });
  });
});

it('an answer that the license is not good drops the lease', async () => {
  const { client, answer } = await thenWith(invalid('SUSPENDED'));
  expect(answer).toMatchObject({ allowed: false, code: 'SUSPENDED', source: 'server', until: null });
  seller.reply(page(503));
  seller.clock.now += 6 * MINUTE;
  expect(await client.check()).toMatchObject({ allowed: false, code: 'unreachable' });
});

describe('a lease of the server', () => {
  it('that answers another question is none: the stored one answers', async () => {
    const replayed: Reply = (response, question) => {
      question.searchParams.set('nonce', 'of-yesterday');
      return seller.key.lease()(response, question);
    };
    const { answer } = await thenWith(replayed);
    expect(answer).toMatchObject({ allowed: true, source: 'lease' });
    expect(seller.faults.map(({ code }) => code)).toEqual(['unexpected']);
  });

  it('under a new key is taken once the key set has it', async () => {
    const second = await signer('k2', () => seller.clock.now);
    const published: Reply = (response, question) => {
      seller.keys.keys.push(second.jwk);
      return second.lease()(response, question);
    };
    const { answer } = await thenWith(published);
    expect(answer).toMatchObject({ allowed: true, source: 'server' });
    expect(seller.asked.filter((what) => what.endsWith('jwks.json'))).toHaveLength(2);
  });

  it('that no key of a broken key set verifies is none', async () => {
    seller.keys.keys.splice(0, 1, { kty: 'OKP', crv: 'Ed25519', x: '!', kid: 'k1' });
    const activation = await seller.client().activate('key');
    expect(activation).toMatchObject({ activated: true, answer: { allowed: false, code: 'lease_invalid' } });
  });

  it('under a key that is not pinned is none, whatever the key set says', async () => {
    const other = await signer('k2', () => seller.clock.now);
    const client = seller.client({ keys: { keys: [other.jwk] } });
    const activation = await client.activate('key');
    expect(activation).toMatchObject({ activated: true, answer: { allowed: false, code: 'lease_invalid' } });
    expect(seller.asked).not.toContain('GET /.well-known/jwks.json');
  });
});
