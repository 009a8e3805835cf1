import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  createLicensing,
  type LicensingFault,
  type LicensingOptions,
  memoryStore,
} from '../../../client/src/index.ts';

const LICENSE = {
  status: 'valid',
  code: 'VALID',
  premium: true,
  plan_type: 'pro',
  product: 'app',
  trial: false,
  license_id: 'l1',
  client_id: 'c1',
  entitlements: ['core'],
  expires_at: '2030-01-01T00:00:00.000Z',
  grace_until: '2030-01-01T00:00:00.000Z',
  grace: false,
  as_of: '2026-01-01T00:00:00.000Z',
};

export type Reply = (response: ServerResponse, question: URL) => void | Promise<void>;

export const json =
  (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(body));

export const invalid = (code: string): Reply => json(200, { ...LICENSE, status: 'invalid', code });
/** Takes the question, and never answers. */
export const silence: Reply = () => undefined;

/** A key, and the leases that it signs: of 72 hours, made at the clock's time. */
export async function signer(kid: string, clock: () => number) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const token = (nonce: string | null, change: object = {}) => {
    const now = Math.floor(clock() / 1_000);
    return new SignJWT({ nonce, license: { ...LICENSE, ...change } })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'lease+jwt', kid })
      .setIssuer('license-system')
      .setAudience('license-system:client')
      .setIssuedAt(now - 30)
      .setExpirationTime(now + 72 * 3_600)
      .sign(privateKey);
  };
  const lease =
    (change: object = {}): Reply =>
    async (response, question) => {
      const body = await token(question.searchParams.get('nonce'), change);
      response.writeHead(200, { 'Content-Type': 'application/jwt' }).end(body);
    };
  return { jwk: { ...(await exportJWK(publicKey)), kid }, token, lease };
}

/**
 * A server that answers as the test says: also as no License System does, which the real one can't be made to do. The last
 * reply is given again and again.
 */
export async function startSeller() {
  const clock = { now: Date.parse('2026-06-01T00:00:00Z') };
  const key = await signer('k1', () => clock.now);
  const replies: Reply[] = [key.lease()];
  const commands: { reply: Reply } = {
    reply: (response, question) =>
      question.pathname.endsWith('/c1')
        ? void response.writeHead(204).end()
        : json(201, { license_id: 'l1', client_id: 'c1', activation_key: 'a.b.c' })(response, question),
  };
  const asked: string[] = [];
  const keys = { keys: [key.jwk] };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const question = new URL(request.url ?? '', 'http://seller');
    asked.push(`${request.method} ${question.pathname}`);
    if (question.pathname.endsWith('jwks.json')) return json(200, keys)(response, question);
    if (question.pathname.startsWith('/v1/activations')) return commands.reply(response, question);
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    return reply?.(response, question);
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const store = memoryStore();
  const faults: LicensingFault[] = [];
  return {
    clock,
    key,
    keys,
    store,
    faults,
    /** What activating and deactivating is answered with. */
    commands,
    /** How often a validation was asked. */
    questions: () => asked.filter((what) => what.endsWith('/validate')).length,
    asked,
    reply(...next: readonly Reply[]) {
      replies.splice(0, replies.length, ...next);
    },
    /** A program's client, with what earlier ones have stored. */
    client: (options: Partial<LicensingOptions> = {}) =>
      createLicensing({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        product: 'app',
        clientId: 'c1',
        store,
        clock: () => clock.now,
        onFault: (fault) => faults.push(fault),
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Seller = Awaited<ReturnType<typeof startSeller>>;
