import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, signUpLicensed } from '../../support/api.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { differenceOf, isRule } from './difference.ts';
import { bodyExample, endpoints, written } from './document.ts';
import { type FuzzRequest, requestsTo, type World } from './request.ts';

/** OPENAPI_SEED repeats a run that has failed. */
const SEED = Number(process.env.OPENAPI_SEED ?? Math.floor(Math.random() * 2 ** 31));
const REQUESTS = 3_000;
const AT_ONCE = 25;
const CUSTOMERS = 30;

let stack: LaunchedStack;
let world: World;

beforeAll(async () => {
  const many = '100000';
  stack = await launch({
    env: {
      ...{
        SIGNUPS_PER_MINUTE: many,
        MAILS_PER_MINUTE: many,
        LOGINS_PER_MINUTE: many,
        QUERIES_PER_MINUTE: many,
      },
      ...{ COMMANDS_PER_MINUTE: many, OPERATOR_COMMANDS_PER_MINUTE: many, WRONG_GUESSES_PER_ADDRESS: many },
    },
  });
  const customers = [];
  for (let n = 0; n < CUSTOMERS; n++) customers.push(await signUpLicensed(stack.url));
  const issued = await Promise.all(
    customers.map(({ token }) => ask(stack.url, '/v1/license-keys', { token, body: {} })),
  );
  world = {
    ids: [
      ...customers.flatMap(({ userId, subscriptionId, licenseId }) => [userId, subscriptionId, licenseId]),
      ...issued.map(({ body }) => String(body.key_id)),
    ],
    positions: customers.map(({ position }) => position),
    tokens: {
      userToken: customers.map(({ token }) => token),
      activationKey: customers.map(({ activationKey }) => activationKey),
      licenseKey: issued.map(({ body }) => String(body.license_key)),
      staffToken: [
        await stack.tool('token', '--role', 'operator', '--subject', 'fuzz', '--expires-in', '60'),
      ],
      analystToken: [
        await stack.tool('token', '--role', 'analyst', '--subject', 'fuzz', '--expires-in', '60'),
      ],
    },
  };
}, 180_000);
afterAll(() => dispose(stack));

async function asked(request: FuzzRequest): Promise<string | undefined> {
  const { endpoint, url, headers, body } = request;
  const response = await fetch(`${stack.url}${url}`, {
    method: endpoint.method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const difference = await differenceOf(request, response);
  return (
    difference &&
    `${endpoint.method} ${url.slice(0, 200)} ${body?.slice(0, 300) ?? ''}\n  ${JSON.stringify(headers).slice(0, 200)}\n  ${difference}`
  );
}

describe('the document and the server', () => {
  it('agree, whatever is sent', async () => {
    console.info(`OPENAPI_SEED=${SEED}`);
    const one = fc.oneof(...endpoints.map((endpoint) => requestsTo(endpoint, world)));
    const requests = fc.sample(one, { seed: SEED, numRuns: REQUESTS });
    const differences: string[] = [];
    while (requests.length > 0 && differences.length < 20) {
      const found = await Promise.all(requests.splice(0, AT_ONCE).map(asked));
      differences.push(...found.filter((difference) => difference !== undefined));
    }
    expect(differences).toEqual([]);
  });
});

const hasField = (value: unknown, field: string): boolean =>
  typeof value === 'object' && value !== null && field in value;

describe('the examples', () => {
  it('of bodies, sent as they stand, are understood', async () => {
    for (const endpoint of endpoints) {
      const example = bodyExample(endpoint);
      const sent = example === undefined ? undefined : written(endpoint, example);
      const ways = endpoint.security.flatMap(Object.keys).filter((each) => each in world.tokens);
      // Whoever names a user is staff.
      const way = hasField(example, 'user_id') ? ways.at(-1) : ways[0];
      const token = way === undefined ? undefined : world.tokens[way]?.at(-1);
      const filled = (place: string) =>
        endpoint.parameters.filter((parameter) => parameter.in === place && parameter.example !== undefined);
      const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
        String(filled('path').find((parameter) => parameter.name === name)?.example),
      );
      const query = new URLSearchParams(
        filled('query').map(({ name, example: value }) => [name, String(value)]),
      );
      const { status, body } = await ask(stack.url, `${path}?${query}`, {
        method: endpoint.method,
        token,
        text: sent?.text,
        headers: {
          ...Object.fromEntries(filled('header').map(({ name, example: value }) => [name, String(value)])),
          ...(sent && { 'Content-Type': sent.type }),
        },
      });
      // The ids and one-time tokens are nobody's until they are replaced, and Ada's password is not the fuzzed customer's.
      const isSensible = status < 300 || [401, 403, 404, 409].includes(status) || isRule(endpoint, body);
      expect(isSensible, `${endpoint.operationId}: ${status} ${JSON.stringify(body)}`).toBe(true);
    }
  });
});

describe('the documentation’s page', () => {
  it('is where /docs/ leads to', async () => {
    const page = await fetch(`${stack.url}/docs/`);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/docs']);
    expect(await page.text()).toContain('swagger-ui-bundle.js');
  });

  it('has an icon where browsers look for one', async () => {
    const icon = await fetch(`${stack.url}/favicon.ico`);
    expect([icon.status, icon.headers.get('Content-Type')]).toEqual([200, 'image/png']);
  });

  it('comes compressed, and keeps the token that was filled in', async () => {
    const script = await fetch(`${stack.url}/docs/swagger-ui-bundle.js`);
    expect([script.status, script.headers.get('Content-Encoding')]).toEqual([200, 'gzip']);
    expect(await (await fetch(`${stack.url}/docs/page.js`)).text()).toContain('persistAuthorization: true');
  });
});
