import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEventLog } from '../../../../shared/adapters/eventstoredb/client.ts';
import type { EventLog } from '../../../../shared/event-log/event-log.ts';
import { signUp } from '../../../support/requests/api.ts';
import { postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let log: EventLog;
let staff: string;
beforeAll(async () => {
  node = await startCommandNode();
  log = connectEventLog({ connectionString: String(node.settings.EVENTSTORE_URL) });
  staff = await node.operatorToken();
});
afterAll(async () => {
  await log.close();
  await node[Symbol.asyncDispose]();
});

const post = postTo(() => node.url);
const newEmail = () => `${randomUUID()}@example.com`;
const eventsOf = (userId: string) => Array.fromAsync(log.readStream(`user-${userId}`));
const typesOf = async (userId: string) => (await eventsOf(userId)).map(({ type }) => type);

async function timed(email: string) {
  const began = performance.now();
  const answer = await post('/v1/password-resets', undefined, { email });
  return { ms: performance.now() - began, answer };
}
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('a forgotten password', () => {
  it('is answered alike, in as much time, whether anybody has the email or not', async () => {
    const { userId, email } = await signUp(node.url);
    const known = [];
    const unknown = [];
    for (let n = 0; n < 4; n++) {
      known.push(await timed(email.toUpperCase()));
      unknown.push(await timed(newEmail()));
    }
    for (const { answer } of [...known, ...unknown]) {
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({});
      for (const header of ['ETag', 'Event-Position']) expect(answer.headers.has(header)).toBe(false);
    }
    // All at the same beat of 300 ms; an append alone takes several.
    const [a, b] = [known, unknown].map((all) => median(all.map(({ ms }) => ms))) as [number, number];
    expect(Math.abs(a - b)).toBeLessThan(20);
    expect(await typesOf(userId)).toEqual(['UserSignedUp', ...Array(4).fill('PasswordResetIssued')]);
    expect((await eventsOf(userId)).at(-1)?.metadata).toMatchObject({ actor: { role: 'anonymous' } });
  });

  it('has at most five links under way to a mailbox, whoever asks', async () => {
    const { userId, email } = await signUp(node.url);
    const answers = await Promise.all(Array.from({ length: 9 }, () => timed(email)));
    expect(new Set(answers.map(({ answer }) => answer.status))).toEqual(new Set([202]));
    expect(await typesOf(userId)).toHaveLength(6);
  });

  it('issues one under an Idempotency-Key, and none to the erased', async () => {
    const { userId, email, password, token } = await signUp(node.url);
    const key = { 'Idempotency-Key': 'k' };
    for (let n = 0; n < 2; n++)
      expect((await post('/v1/password-resets', undefined, { email }, key)).status).toBe(202);
    expect(await typesOf(userId)).toEqual(['UserSignedUp', 'PasswordResetIssued']);
    expect((await post('/v1/me/erase', token, { password })).status).toBe(204);
    const before = await typesOf(userId);
    expect((await timed(email)).answer.status).toBe(202);
    expect(await typesOf(userId)).toEqual(before);
  });

  it('asks no more often than the limit allows', async () => {
    const strict = await node.another({ MAILS_PER_MINUTE: '2' });
    const at = postTo(() => strict.url);
    const email = newEmail();
    const codes = [];
    for (let n = 0; n < 3; n++) codes.push((await at('/v1/password-resets', undefined, { email })).status);
    expect(codes).toEqual([202, 202, 429]);
  });
});

describe('an email to be verified', () => {
  it('is asked for at sign-up and with another email, in the same append', async () => {
    const [email, password] = [newEmail(), 'not a common one'];
    const signedUp = await post('/v1/signup', undefined, { email, password, verify: true });
    const { user_id: userId, access_token: token } = signedUp.body as Record<string, string>;
    expect(signedUp).toMatchObject({ status: 201 });
    expect(signedUp.headers.get('ETag')).toBe('"1"');
    const changed = await post('/v1/me/email', token, { email: newEmail(), password, verify: true });
    expect(changed).toMatchObject({ status: 200, body: { email_verified: false } });
    const [, first, , second] = await eventsOf(userId as string);
    expect(first).toMatchObject({
      type: 'EmailVerificationIssued',
      data: { emailRevision: 0, passwordRevision: 0 },
    });
    expect(second).toMatchObject({
      type: 'EmailVerificationIssued',
      data: { emailRevision: 2, passwordRevision: 0 },
    });
  });

  it('signs up again under the key; with another password that is another request', async () => {
    const body = { email: newEmail(), password: 'not a common one', verify: true };
    const key = { 'Idempotency-Key': 'k' };
    const first = await post('/v1/signup', undefined, body, key);
    const again = await post('/v1/signup', undefined, body, key);
    expect(again).toMatchObject({ status: 201, body: { user_id: first.body.user_id } });
    const other = await post('/v1/signup', undefined, { ...body, password: 'another one, not common' }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('is asked for again by the user alone, and not once it is verified', async () => {
    const { userId, token } = await signUp(node.url);
    const asked = await post('/v1/email-verifications', token);
    expect(asked).toMatchObject({ status: 202, body: {} });
    expect(asked.headers.get('ETag')).toBe('"1"');
    expect((await post('/v1/email-verifications', staff)).status).toBe(403);
    expect((await post('/v1/email-verifications', undefined)).status).toBe(401);
    expect(await typesOf(userId)).toEqual(['UserSignedUp', 'EmailVerificationIssued']);
  });
});
