import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoint, endpoints } from '../../fuzz/document.ts';
import { ask } from '../../support/requests/api.ts';
import { type Member, welcomeMember } from '../../support/requests/staff.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { WITHOUT_LIMITS } from '../../support/without-limits.ts';
import { forgedTokens } from './forged-tokens.ts';
import { fieldsOf, type Holder, newHolder, placesOf } from './holder.ts';
import { bearer, exampleWith, guarded, inGroups, send } from './requests.ts';

let stack: LaunchedStack;
let operator: string;
let attacker: Holder;
let victim: Holder;
let member: Member;

beforeAll(async () => {
  stack = await launch({ env: WITHOUT_LIMITS });
  operator = await stack.tool('token', '--role', 'operator', '--subject', 'test', '--expires-in', '60');
  [attacker, victim] = [await newHolder(stack.url), await newHolder(stack.url)];
  member = await welcomeMember(stack.url, operator, ['customers:read']);
}, 180_000);
afterAll(() => dispose(stack));

/** The victim's whole history, as staff see it, with every command in it that was acknowledged before. */
async function historyOf({ userId }: Holder): Promise<unknown> {
  const last = await ask(stack.url, '/v1/license-keys', { token: attacker.token, body: {} });
  const { status, body } = await ask(stack.url, `/v1/users/${userId}/history`, {
    token: operator,
    headers: { 'Min-Event-Position': String(last.headers.get('Event-Position')) },
  });
  expect(status).toBe(200);
  return { ...body, as_of: undefined };
}

/** Its own example with the victim's ids in the path; then once for each field, so that a refusal of one hides nothing of another. */
function attacksOn(endpoint: Endpoint, credential: string) {
  const places = placesOf(victim);
  const attack = (fields: Readonly<Record<string, string>>) =>
    exampleWith(endpoint, bearer(credential), (place) => places[place] ?? randomUUID(), fields);
  const plain = attack({});
  const others = Object.entries(fieldsOf(victim)).map(([name, value]) => attack({ [name]: value }));
  const isOther = ({ path, text }: typeof plain) => path !== plain.path || text !== plain.text;
  return [plain, ...others.filter(isOther)];
}

/** It ends what the others ask with. */
const endsTheAttacker = ({ operationId }: Endpoint) =>
  ['logOut', 'eraseMe', 'changePassword'].includes(operationId);

describe.each([
  ['userToken', () => attacker.token],
  ['activationKey', () => attacker.activationKey],
  ['licenseKey', () => attacker.licenseKey],
] as const)('whoever has a %s, at every operation with the ids of another customer', (way, credential) => {
  it('learns nothing of them and changes nothing of theirs', async () => {
    const { position: _, ...known } = victim;
    const secrets = [...Object.values(known), ...Object.values(placesOf(victim))];
    const before = await historyOf(victim);
    const requests = guarded
      .filter((endpoint) => !endsTheAttacker(endpoint))
      .flatMap((endpoint) => attacksOn(endpoint, credential()));
    expect(requests.length).toBeGreaterThan(guarded.length);
    const wrong: string[] = [];
    await inGroups(requests, async (request) => {
      const { endpoint, path, text = '' } = request;
      const answer = await send(stack.url, request);
      const sent = `${decodeURIComponent(path)}${text}`;
      const leaks = secrets.filter((secret) => answer.text.includes(secret) && !sent.includes(secret));
      const mayAsk = endpoint.security.some((each) => way in each);
      // Of what another has, nobody is told even that it is there.
      const isRight = !mayAsk
        ? answer.status === 401 || answer.status === 403
        : endpoint.path.includes('{')
          ? answer.status === 404
          : answer.status < 500;
      if (!isRight || leaks.length > 0)
        wrong.push(`${endpoint.method} ${path} ${text}: ${answer.status} ${answer.text}`);
    });
    expect(wrong).toEqual([]);
    expect(await historyOf(victim)).toEqual(before);
  });
});

interface Attempt {
  readonly what: string;
  readonly credentials: Readonly<Record<string, string>>;
}

describe('a forged token', () => {
  const nameOf = ({ cookie }: Member) => cookie.slice(0, cookie.indexOf('='));
  const sessionOf = ({ cookie }: Member) => cookie.slice(cookie.indexOf('=') + 1);
  const asBearer = ([what, token]: [string, string]): Attempt => ({ what, credentials: bearer(token) });
  const asCookie = ([what, token]: [string, string]): Attempt => ({
    what,
    credentials: { Cookie: `${nameOf(member)}=${token}`, 'X-CSRF-Token': 'x' },
  });
  const publicKeys = async () =>
    (await ask(stack.url, '/.well-known/jwks.json')).body.keys as { kid: string; x: string }[];

  it('opens no operation, whichever way it is forged from one that would', async () => {
    const keys = await publicKeys();
    const lease = await fetch(`${stack.url}/v1/licenses/validate`, {
      headers: { ...bearer(victim.activationKey), Accept: 'application/jwt' },
    });
    expect(lease.headers.get('Content-Type')).toBe('application/jwt');
    const forged = (token: string) => Object.entries(forgedTokens(token, keys));
    const attempts: Readonly<Record<string, readonly Attempt[]>> = {
      userToken: forged(victim.token).map(asBearer),
      staffToken: forged(operator).map(asBearer),
      activationKey: forged(victim.activationKey).map(asBearer),
      staffSession: forged(sessionOf(member)).map(asCookie),
    };
    const ofAnotherKind = [
      asBearer(['a lease', await lease.text()]),
      asBearer(['a session out of its cookie', sessionOf(member)]),
    ];
    const all = guarded.flatMap((endpoint) => {
      const ways = [...new Set(endpoint.security.flatMap(Object.keys))];
      return [...ofAnotherKind, ...ways.flatMap((way) => attempts[way] ?? [])].map(
        ({ what, credentials }) => ({
          what,
          request: exampleWith(endpoint, credentials, () => randomUUID(), {}),
        }),
      );
    });
    expect(all.length).toBeGreaterThan(guarded.length * 12);
    const taken: string[] = [];
    await inGroups(all, async ({ what, request }) => {
      const { status, text } = await send(stack.url, request);
      if (status !== 401) taken.push(`${what}: ${request.endpoint.operationId} ${status} ${text}`);
    });
    expect(taken.slice(0, 20)).toEqual([]);
  });

  it('is no activation key that is valid', async () => {
    const forged = forgedTokens(victim.activationKey, await publicKeys());
    const codes = await Promise.all(
      endpoints
        .filter(({ operationId }) => operationId.startsWith('validateLicense'))
        .flatMap((endpoint) =>
          Object.values(forged).map(async (token) => {
            const { text } = await send(
              stack.url,
              exampleWith(endpoint, bearer(token), () => '', { activation_key: token }),
            );
            return JSON.parse(text).code;
          }),
        ),
    );
    expect(codes).toEqual(codes.map(() => 'INVALID_KEY'));
    expect(codes.length).toBeGreaterThan(20);
  });
});
