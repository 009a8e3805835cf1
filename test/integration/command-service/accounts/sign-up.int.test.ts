import { describe, expect, it } from 'vitest';
import { OutcomeUnknown } from '../../../../shared/event-log/errors.ts';
import { createCodec } from '../../../../shared/events/codec.ts';
import { eventCatalogue } from '../../../../shared/events/schemas/catalogue.ts';
import { freeze } from '../freeze.ts';
import { codeOf, customerOf, done, keyed, newEmail, signUp } from '../nodes.ts';
import { backend, one, other } from '../two-nodes.ts';

const route = 'POST /v1/signup';
const request = (email: string, password = 'a password') => ({ email, password, correlationId: 'test' });
const emailStream = async (email: string) => backend.stream(`email-${await one.vault.emailDigest(email)}`);

describe('signing up', () => {
  it('reserves the email, then begins the user, whose token holds', async () => {
    const email = newEmail();
    const outcome = done(await one.signUp(request(email)));
    expect(outcome).toMatchObject({ changed: true, repeated: false, revision: 0, tokenRevision: 0 });
    const reserved = await emailStream(email);
    expect(reserved.map(({ type, data }) => [type, data.userId])).toEqual([
      ['EmailReserved', outcome.userId],
    ]);
    expect(await backend.types(`user-${outcome.userId}`)).toEqual(['UserSignedUp']);
    const customer = customerOf(outcome.userId, email, 'a password', outcome.tokenRevision ?? -1);
    const start = {
      type: 'StartSubscription',
      plan: 'free',
      quantity: 1,
      trial: false,
      period: { months: 1 },
    } as const;
    expect(codeOf(await other.execute(customer.request(start)))).toBe('done');
  });

  it('is refused for an email that is taken, however it is written', async () => {
    const { email } = await signUp(one);
    for (const written of [email, ` ${email.toUpperCase()} `]) {
      expect(codeOf(await other.signUp(request(written)))).toBe('email_taken');
    }
    expect(await emailStream(email)).toHaveLength(1);
  });

  it('is refused for an email that is taken in another form of Unicode', async () => {
    const name = newEmail().split('@')[0];
    expect(codeOf(await one.signUp(request(`b\u00fcro-${name}@b\u00fccher.example`)))).toBe('done');
    for (const written of [
      `bu\u0308ro-${name}@bu\u0308cher.example`,
      `B\u00dcRO-${name}@XN--BCHER-KVA.example`,
    ]) {
      expect(codeOf(await other.signUp(request(written)))).toBe('email_taken');
      expect(codeOf(await other.logIn(request(written)))).toBe('done');
    }
  });

  it('finds who signed up under the form of an older release, and makes no twin of them', async () => {
    const typed = `${newEmail().split('@')[0]}@b\u00fccher.example`;
    const { vault } = one;
    const former = (await vault.formerEmailDigest(typed)) as string;
    const old = { ...vault, emailDigest: async () => former, formerEmailDigest: async () => undefined };
    expect(codeOf(await backend.node({ vault: old }).signUp(request(typed)))).toBe('done');
    expect(await backend.stream(`email-${former}`)).toHaveLength(1);
    expect(codeOf(await one.logIn(request(typed)))).toBe('done');
    expect(codeOf(await one.signUp(request(typed)))).toBe('email_taken');
    expect(await emailStream(typed)).toEqual([]);
  });

  it('leaves nothing behind where the event that it is for can not be written', async () => {
    const email = newEmail();
    const signedUp = eventCatalogue.UserSignedUp?.map((version) => ({ ...version, level: 2 })) ?? [];
    const catalogue = { ...eventCatalogue, UserSignedUp: signedUp };
    const codec = createCodec({ catalogue, writeLevel: 1, vault: one.vault });
    await expect(backend.node({ codec }).signUp(request(email))).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
    expect(await emailStream(email)).toEqual([]);
    await expect(one.signUp(request('no address'))).rejects.toThrow('no email address');
  });

  it('many times at once makes one user', async () => {
    const email = newEmail();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => [one, other][n % 2]?.signUp(request(email, `password ${n}`))),
    );
    const codes = outcomes.map((outcome) => outcome && codeOf(outcome));
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(codes.filter((code) => code === 'email_taken')).toHaveLength(19);
    const winner = codes.indexOf('done');
    expect(codeOf(await other.logIn(request(email, `password ${winner}`)))).toBe('done');
  });
});

describe('two sign-ups with one email, one of them frozen', () => {
  it.each(['reserve.before', 'reserve.after', 'append.before'] as const)(
    'at %s: the other one signs up, and nothing is stuck',
    async (point) => {
      const [slow, quick] = [backend.node(), backend.node()];
      const email = newEmail();
      const frozen = freeze(slow, point);
      const late = slow.signUp(request(email, 'the slow one'));
      await frozen.arrived;
      const winner = done(await quick.signUp(request(email, 'the quick one')));
      frozen.release();
      expect(codeOf(await late)).toBe('email_taken');
      expect(await backend.types(`user-${winner.userId}`)).toEqual(['UserSignedUp']);
      expect((await emailStream(email)).map(({ data }) => data.userId)).toEqual([winner.userId]);
      expect(codeOf(await slow.logIn(request(email, 'the quick one')))).toBe('done');
      expect(codeOf(await slow.logIn(request(email, 'the slow one')))).toBe('invalid_credentials');
    },
  );

  it('at append.after: the other one finds the email taken', async () => {
    const [slow, quick] = [backend.node(), backend.node()];
    const email = newEmail();
    const frozen = freeze(slow, 'append.after');
    const first = slow.signUp(request(email));
    await frozen.arrived;
    expect(codeOf(await quick.signUp(request(email)))).toBe('email_taken');
    frozen.release();
    expect(codeOf(await first)).toBe('done');
  });

  it('for ever, as a killed node is: the next try completes the reservation', async () => {
    const [killed, next] = [backend.node(), backend.node()];
    killed.pause = async (point) => {
      if (point === 'reserve.after') throw new Error('killed');
    };
    const email = newEmail();
    await expect(killed.signUp(request(email))).rejects.toThrow('killed');
    expect(codeOf(await next.logIn(request(email)))).toBe('invalid_credentials');
    const outcome = done(await next.signUp(request(email)));
    expect((await emailStream(email)).map(({ data }) => data.userId)).toEqual([outcome.userId]);
  });
});

describe('a sign-up under an idempotency key', () => {
  it('gives the same user again and a token made again, on any node', async () => {
    const email = newEmail();
    const sent = { ...request(email), ...keyed('k', { email, password: 'a password' }, route) };
    const outcomes = await Promise.all([one, other, one].map((node) => node.signUp(sent)));
    const [first, ...others] = outcomes.map(done);
    for (const outcome of others) expect(outcome.userId).toBe(first?.userId);
    expect(outcomes.filter((outcome) => !done(outcome).repeated)).toHaveLength(1);
    expect(done(await backend.node().signUp(sent))).toMatchObject({
      repeated: true,
      revision: 0,
      tokenRevision: 0,
    });
  });

  it('gives no token for another password', async () => {
    const email = newEmail();
    const sent = { ...request(email), ...keyed('k', { email }, route) };
    const { userId } = done(await one.signUp(sent));
    expect(codeOf(await other.signUp({ ...sent, password: 'another' }))).toBe('idempotency_key_reused');
    const { caller } = customerOf(userId, email, 'a password', 0);
    const change = { userId, caller, password: 'a password', newPassword: 'another', correlationId: 'test' };
    expect(codeOf(await one.changePassword(change))).toBe('done');
    expect(codeOf(await other.signUp(sent))).toBe('email_taken');
    expect(done(await other.signUp({ ...sent, password: 'another' }))).toMatchObject({
      userId,
      tokenRevision: 1,
    });
  });
});

describe('a sign-up whose append has an unknown outcome', () => {
  it.each(['email-', 'user-'])('in the %s stream is completed, once', async (prefix) => {
    const node = backend.node();
    const email = newEmail();
    let lost = 0;
    node.append = async (send, stream) => {
      const result = await send();
      if (!stream.startsWith(prefix) || lost > 0) return result;
      lost += 1;
      throw new OutcomeUnknown();
    };
    const outcome = done(await node.signUp(request(email)));
    expect(lost).toBe(1);
    expect((await emailStream(email)).map(({ data }) => data.userId)).toEqual([outcome.userId]);
    expect(await backend.types(`user-${outcome.userId}`)).toEqual(['UserSignedUp']);
    expect(codeOf(await other.logIn(request(email)))).toBe('done');
  });
});
