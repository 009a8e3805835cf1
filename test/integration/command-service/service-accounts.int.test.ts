import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaffRequest } from '../../../command-service/execute/requests.ts';
import { Backend, codeOf, done, keyed, type Node, OPERATOR } from './nodes.ts';

let backend: Backend;
let one: Node;
let late: Node;

beforeAll(async () => {
  backend = await Backend.start();
  one = backend.node();
  late = backend.node();
  late.now = () => Date.now() + 25 * 3_600_000;
});
afterAll(() => backend.close());

const SCOPES = ['keys:write'];
const request = (more: Partial<StaffRequest> = {}): StaffRequest => ({
  caller: OPERATOR,
  correlationId: 'test',
  held: new Set(SCOPES),
  ...more,
});
const under = (body: unknown) => request(keyed(randomUUID(), body, 'POST /v1/service-accounts'));
const account = { name: 'billing', scopes: SCOPES };

const staffIdOf = async (sent: StaffRequest): Promise<string> => {
  const { subject } = done(await one.serviceAccounts.add(sent, account));
  if (subject.kind !== 'staff') throw new Error(`a ${subject.kind} was added`);
  return subject.account.staffId;
};

describe('an Idempotency-Key whose command is no longer remembered', () => {
  it('answers with the account that was added under it, unless that was removed', async () => {
    const sent = under(account);
    const staffId = await staffIdOf(sent);
    expect(done(await late.serviceAccounts.add(sent, account))).toMatchObject({
      changed: false,
      subject: { account: { staffId } },
    });
    done(await one.serviceAccounts.execute(request(), staffId, { type: 'Remove' }));
    expect(codeOf(await late.serviceAccounts.add(sent, account))).toBe('idempotency_key_reused');
  });

  it('answers with the secret that was issued under it, as long as that is good and the one asked for', async () => {
    const staffId = await staffIdOf(request());
    const sent = under({});
    const first = await one.serviceAccounts.issueKey(sent, staffId, undefined);
    const again = await late.serviceAccounts.issueKey(sent, staffId, undefined);
    expect(again).toMatchObject({ secret: first.secret, outcome: { changed: false } });
    const expiring = await late.serviceAccounts.issueKey(sent, staffId, Date.now() + 1e9);
    expect(codeOf(expiring.outcome)).toBe('idempotency_key_reused');
    const revoke = { type: 'RevokeKey', keyId: first.keyId } as const;
    done(await one.serviceAccounts.execute(request(), staffId, revoke));
    const revoked = await late.serviceAccounts.issueKey(sent, staffId, undefined);
    expect(codeOf(revoked.outcome)).toBe('idempotency_key_reused');
  });
});
