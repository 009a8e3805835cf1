import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { userStream } from '../../shared/events/streams.ts';
import { ask, signUp, signUpLicensed, validate } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

/** More requests in a row than there are query nodes: round robin reaches every one of them. */
const EVERY_NODE = [0, 1, 2, 3];

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
    await ask(stack.url, '/v1/subscriptions', { token: customer.token, body: { plan: 'pro', months: 1 } });
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

  it('one Idempotency-Key sent to both at once, again and again: one license each, and it is the one in the log', async () => {
    const customer = await signUp(stack.url);
    await ask(stack.url, '/v1/subscriptions', { token: customer.token, body: { plan: 'pro', months: 1 } });
    for (let round = 0; round < 10; round += 1) {
      const headers = { 'Idempotency-Key': randomUUID() };
      const request = { token: customer.token, body: { client_id: `c${round}` }, headers };
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => ask(stack.url, '/v1/activations', request)),
      );
      const [first] = answers;
      for (const answer of answers) {
        expect({
          status: answer.status,
          license: answer.body.license_id,
          position: answer.headers.get('Event-Position'),
        }).toEqual({
          status: 201,
          license: first?.body.license_id,
          position: first?.headers.get('Event-Position'),
        });
      }
      const logged = await eventsOf(customer.userId, 'LicenseActivated');
      expect(logged).toHaveLength(round + 1);
      expect(logged.at(-1)?.data.licenseId).toBe(first?.body.license_id);
    }
  });
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
