import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { userStream } from '../../shared/events/streams.ts';
import { eventually } from '../support/eventually.ts';
import { ask, signUp, signUpLicensed, subscribe, validate } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

/** More requests in a row than there are query nodes: round robin reaches every one of them. */
const EVERY_NODE = [0, 1, 2, 3];

/** What is looked at of the API's document: path → method → operation. */
interface ApiDocument {
  readonly paths: Record<string, Record<string, { readonly security: readonly unknown[] } | undefined>>;
}

let stack: LaunchedStack;
beforeAll(async () => {
  stack = await launch({ args: ['--no-tour', '--query-nodes', '2', '--command-nodes', '2'] });
}, 120_000);
afterAll(() => dispose(stack));

const operatorToken = () => stack.tool('token', '--role', 'operator', '--subject', 'e2e');

async function eventsOf(userId: string, type: string) {
  const url = /^EVENTSTORE_URL="(.*)"$/m.exec(
    readFileSync(path.join(stack.data, 'env'), 'utf8'),
  )?.[1] as string;
  const log = connectEventLog({ connectionString: url });
  try {
    return (await Array.fromAsync(log.readStream(userStream(userId)))).filter((event) => event.type === type);
  } finally {
    await log.close();
  }
}

describe('over two command nodes', () => {
  it('two hundred concurrent activations on a plan with ten: ten succeed, and the log shows ten', async () => {
    const customer = await signUp(stack.url);
    await subscribe(stack.url, customer, { staff: await operatorToken() });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        ask(stack.url, '/v1/activations', { token: customer.token, body: { client_id: `c${i}` } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['409 client_limit_reached']),
    );
    expect(await eventsOf(customer.userId, 'LicenseActivated')).toHaveLength(10);
  });

  // Two customers, because each may send so many commands in a minute.
  it.each([1, 2])(
    'one Idempotency-Key sent to both at once, fifty times over: one license each, and it is the one in the log (%i)',
    async () => {
      const customer = await signUp(stack.url);
      const body = { user_id: customer.userId, plan: 'enterprise', months: 1 };
      await ask(stack.url, '/v1/subscriptions', { token: await operatorToken(), body });
      const named: unknown[] = [];
      for (let round = 0; round < 50; round += 1) {
        const headers = { 'Idempotency-Key': randomUUID() };
        const request = { token: customer.token, body: { client_id: `c${round}` }, headers };
        const answers = await Promise.all([1, 2, 3, 4].map(() => ask(stack.url, '/v1/activations', request)));
        const said = answers.map((answer) => ({
          status: answer.status,
          license: answer.body.license_id,
          position: answer.headers.get('Event-Position'),
        }));
        expect(said).toEqual(answers.map(() => ({ ...said[0], status: 201 })));
        named.push(said[0]?.license);
      }
      const logged = await eventsOf(customer.userId, 'LicenseActivated');
      expect(logged.map(({ data }) => data.licenseId)).toEqual(named);
    },
  );
});

describe('through Nginx, over two query nodes', () => {
  it('a suspension by an operator reaches both, long before a view would be loaded again', async () => {
    const licensed = await signUpLicensed(stack.url);
    for (const _ of EVERY_NODE) expect((await validate(stack.url, licensed, true)).body.code).toBe('VALID');
    const token = await operatorToken();
    const suspended = await ask(stack.url, `/v1/subscriptions/${licensed.subscriptionId}/suspend`, {
      token,
      body: { reason: 'unpaid' },
    });
    expect(suspended.status).toBe(200);
    await eventually(
      'both nodes say SUSPENDED',
      async () => {
        const answers = await Promise.all(EVERY_NODE.map(() => validate(stack.url, licensed)));
        return answers.every(({ body }) => body.status === 'invalid' && body.code === 'SUSPENDED');
      },
      5_000,
    );
  });

  it('a reader sees its own write on every node', async () => {
    for (let i = 0; i < 10; i += 1) {
      const licensed = await signUpLicensed(stack.url);
      const answers = await Promise.all(EVERY_NODE.map(() => validate(stack.url, licensed, true)));
      expect(answers.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
        EVERY_NODE.map(() => '200 VALID'),
      );
    }
  });

  it('says nothing internal, and answers what is wrong with a problem', async () => {
    const answers = await Promise.all([
      ask(stack.url, '/metrics'),
      ask(stack.url, '/health/ready'),
      ask(stack.url, '/v1/nothing'),
      ask(stack.url, '/v1/signup'),
      ask(stack.url, '/v1/signup', { body: { email: 'x'.repeat(70_000), password: 'y' } }),
      ask(stack.url, '/v1/me'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 405, 413, 401]);
    for (const { headers, body, status } of answers) {
      expect(headers.get('Content-Type')).toContain('application/problem+json');
      expect(body).toMatchObject({ status, code: expect.stringMatching(/^[a-z_]+$/) });
    }
    expect(answers[3]?.headers.get('Allow')).toBe('OPTIONS, POST');
  });

  it('every route of the document refuses other methods with what it allows, and who does not say who they are', async () => {
    const { paths } = (await ask(stack.url, '/openapi.json')).body as unknown as ApiDocument;
    expect(Object.keys(paths).length).toBeGreaterThan(20);
    for (const [template, operations] of Object.entries(paths)) {
      const target = template.replaceAll(/\{\w+\}/g, randomUUID());
      const methods = Object.keys(operations).map((method) => method.toUpperCase());
      const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ');
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const operation = operations[method.toLowerCase()];
        // A validation tells in its answer that there is no key, and OAuth has errors of its own (RFC 6749, 5.2).
        const hasOwn = target.endsWith('/validate') || target === '/v1/token';
        if (operation && (operation.security.length === 0 || hasOwn)) continue;
        const answer = await ask(stack.url, target, { method });
        expect({ method, target, status: answer.status, code: answer.body.code }).toEqual({
          method,
          target,
          ...(operation
            ? { status: 401, code: 'token_required' }
            : { status: 405, code: 'method_not_allowed' }),
        });
        if (operation) expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer /);
        else expect(`${target}: ${answer.headers.get('Allow')}`).toBe(`${target}: ${allow}`);
      }
    }
  });

  it('serves the API document and its page', async () => {
    const document = await ask(stack.url, '/openapi.json');
    expect(document.body.openapi).toMatch(/^3\.1/);
    const page = await fetch(`${stack.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Type')).toContain('text/html');
  });
});

describe('with everything but the query nodes and Nginx killed', () => {
  it('a license that was validated before still validates, and says how old the answer is', async () => {
    const licensed = await signUpLicensed(stack.url);
    for (const _ of EVERY_NODE) expect((await validate(stack.url, licensed, true)).body.code).toBe('VALID');
    const processes = stack.processes();
    // The launcher first: it would start the others again.
    stack.launcher.kill('SIGKILL');
    await once(stack.launcher, 'exit');
    const kept = [...processes].filter(([name]) => /^(query-|nginx)/.test(name));
    for (const [name, pid] of processes)
      if (name !== 'launcher' && !kept.some(([k]) => k === name)) process.kill(pid, 'SIGKILL');
    try {
      const old = await eventually('an answer with its Age', async () => {
        const answer = await validate(stack.url, licensed);
        expect(answer).toMatchObject({ status: 200, body: { status: 'valid', code: 'VALID' } });
        return answer.headers.has('Age') ? answer : undefined;
      });
      expect(Date.parse(String(old.body.as_of))).toBeLessThan(Date.now());
    } finally {
      for (const [, pid] of kept) process.kill(pid, 'SIGTERM');
    }
  });
});
