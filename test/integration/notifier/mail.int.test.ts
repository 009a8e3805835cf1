import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { startNotifier } from '../../../projector/notifier/app.ts';
import { readNotifierConfig } from '../../../projector/notifier/config.ts';
import { claimMails } from '../../../projector/notifier/mail/due.ts';
import type { ConsumerService } from '../../../projector/service.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { DAY_MS as DAY } from '../../../shared/calendar.ts';
import { listMails, retryMails } from '../../../shared/notifications/mails.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { signUp } from '../../support/requests/api.ts';
import { postTo } from '../command-service-http/ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-service-http/command-node.ts';
import { Mailbox, type ReceivedMail } from './mailbox.ts';

const logged: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'debug',
  destination: { write: (line: string) => void logged.push(line) },
});

const mailbox = new Mailbox();
let node: CommandNode;
let url: string;
let staff: string;
const running: { stop(): Promise<void> }[] = [];

/** A notifier that tries again soon. */
async function notify(settings: Record<string, string> = {}): Promise<ConsumerService> {
  const from = {
    MAIL_FROM: 'Example Software <licenses@example.org>',
    PUBLIC_URL: 'https://licenses.example.org/',
  };
  const config = readNotifierConfig({ ...node.settings, MAIL_URL: mailbox.url, ...from, ...settings });
  const notifier = await startNotifier({ config, logger, mailTiming: { pause: () => 50 } });
  await eventually('it follows', async () => (await fetch(`${notifier.url}/health/ready`)).ok);
  return notifier;
}

beforeAll(async () => {
  await mailbox.open();
  node = await startCommandNode();
  url = node.url;
  staff = await node.operatorToken();
  running.push(
    await startProjector({ config: readProjectorConfig({ ...node.settings, PORT: '0' }), logger }),
  );
  running.push(await notify());
}, 30_000);
afterAll(async () => {
  for (const service of running.reverse()) await service.stop();
  await mailbox.close();
  await node[Symbol.asyncDispose]();
});

const post = postTo(() => url);
const newEmail = () => `${randomUUID()}@example.com`;
const rows = (userId: string) => listMails(node.pool, { userId }, { after: undefined, limit: 100 });
const mailTo = (address: string, n = 1): Promise<ReceivedMail> =>
  eventually(`mail ${n} to ${address}`, () => mailbox.to(address)[n - 1]);
const tokenIn = (mail: ReceivedMail, what: 'reset' | 'verify'): string =>
  new RegExp(`https://licenses\\.example\\.org/account#${what}=([A-Za-z0-9_-]+)`).exec(
    mail.parts[0] ?? '',
  )?.[1] ?? '';

describe('mail', () => {
  it('lets in whoever has forgotten their password, with no staff; its token stands nowhere else', async () => {
    const { email, userId } = await signUp(url);
    expect((await post('/v1/password-resets', undefined, { email })).status).toBe(202);
    const mail = await mailTo(email);
    const token = tokenIn(mail, 'reset');
    const everything = await node.pool.query('SELECT mails::text AS row FROM notifications.mails');
    const log = connectEventLog({ connectionString: String(node.settings.EVENTSTORE_URL) });
    const events = await Array.fromAsync(log.readStream(`user-${userId}`));
    await log.close();
    for (const text of [
      JSON.stringify(everything.rows),
      JSON.stringify(events.map(({ data, metadata }) => [data, metadata])),
      logged.join('\n'),
      node.log.join('\n'),
    ]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(email);
    }
    const set = { token, new_password: 'not a common one' };
    expect((await post('/v1/password-resets/confirm', undefined, set)).status).toBe(204);
    expect((await post('/v1/login', undefined, { email, password: 'not a common one' })).status).toBe(200);
    expect(
      await eventually('it is written down', async () =>
        (await rows(userId)).find(({ status }) => status === 'sent'),
      ),
    ).toMatchObject({
      kind: 'reset-password',
      attempts: 1,
      last_error: null,
    });
  });

  it('verifies an email at sign-up, in text and HTML, and is answered by no machine', async () => {
    const [email, password] = [newEmail(), 'not a common one'];
    const { body } = await post('/v1/signup', undefined, { email, password, verify: true });
    const mail = await mailTo(email);
    expect(mail.header('From')).toBe('Example Software <licenses@example.org>');
    expect(mail.header('Subject')).toBe('Confirm your email address');
    expect(mail.header('Auto-Submitted')).toBe('auto-generated');
    const [{ mail_id: id } = { mail_id: '' }] = await rows(String(body.user_id));
    expect(mail.header('Message-ID')).toBe(`<${id}@example.org>`);
    const [text = '', html = ''] = mail.parts;
    expect(text).toContain(`Please confirm that ${email} is your email address for Example Software:`);
    expect(html).toContain(`<a href="https://licenses.example.org/account#verify=`);
    const confirm = await post('/v1/email-verifications/confirm', undefined, {
      token: tokenIn(mail, 'verify'),
    });
    expect(confirm.status).toBe(204);
  });

  it('tells the old address of a change, and verifies the new one', async () => {
    const { email: old, password, token } = await signUp(url);
    const email = newEmail();
    await post('/v1/me/email', token, { email, password, verify: true });
    const told = await mailTo(old);
    expect(told.header('Subject')).toBe('Your email address was changed');
    expect(told.parts[0]).toContain(`${old}, to which this mail went, is not used for it any more.`);
    expect(told.raw).not.toContain(email);
    const verify = await post('/v1/email-verifications/confirm', undefined, {
      token: tokenIn(await mailTo(email), 'verify'),
    });
    expect(verify.status).toBe(204);
  });

  it('comes for none of what staff hand out themselves', async () => {
    const { userId } = await signUp(url);
    expect((await post(`/v1/users/${userId}/password-reset`, staff)).status).toBe(201);
    const { email } = await signUp(url);
    await post('/v1/password-resets', undefined, { email });
    await mailTo(email);
    expect(await rows(userId)).toEqual([]);
  });

  it('is tried again while the server is down or busy, and comes once', async () => {
    const { email, userId } = await signUp(url);
    await mailbox.close();
    await post('/v1/password-resets', undefined, { email });
    const delayed = await eventually('it is tried', async () =>
      (await rows(userId)).find(({ attempts }) => attempts > 1),
    );
    expect(delayed).toMatchObject({ status: 'pending', last_error: expect.stringContaining('ECONNREFUSED') });
    let busy = 2;
    mailbox.answer = () => (busy-- > 0 ? 451 : undefined);
    await mailbox.open();
    await mailTo(email);
    await eventually('it is sent', async () => (await rows(userId))[0]?.status === 'sent');
    expect(mailbox.to(email)).toHaveLength(1);
  });

  it('is parked where the server refuses it for good, without naming the address; tried again by hand', async () => {
    const { email, userId } = await signUp(url);
    mailbox.answer = (to) => (to === email ? 550 : undefined);
    await post('/v1/password-resets', undefined, { email });
    const failed = await eventually('it is parked', async () =>
      (await rows(userId)).find(({ status }) => status === 'failed'),
    );
    expect(failed).toMatchObject({ attempts: 1, next_at: null, last_error: expect.stringContaining('550') });
    expect(failed.last_error).not.toContain(email);
    expect(await (await fetch(`${(running.at(-1) as ConsumerService).url}/metrics`)).text()).toMatch(
      /^mails\{[^}]*status="failed"[^}]*\} 1$/m,
    );
    mailbox.answer = () => undefined;
    expect(await retryMails(node.pool, failed.mail_id)).toBe(1);
    await mailTo(email);
  });

  it('is parked after a day', async () => {
    const { email, userId } = await signUp(url);
    mailbox.answer = () => 451;
    await post('/v1/password-resets', undefined, { email });
    await eventually('it is tried', async () => ((await rows(userId))[0]?.attempts ?? 0) > 0);
    await node.pool.query('UPDATE notifications.mails SET try_until = now() WHERE user_id = $1', [userId]);
    await eventually('it is parked', async () => (await rows(userId))[0]?.status === 'failed');
    mailbox.answer = () => undefined;
  });

  it('goes to nobody who was erased, and with no link that holds no more', async () => {
    const [erased, changed] = [await signUp(url), await signUp(url)];
    await mailbox.close();
    for (const { email, token } of [erased, changed]) {
      await post('/v1/password-resets', undefined, { email });
      await post('/v1/email-verifications', token);
    }
    await eventually(
      'all are due',
      async () => (await rows(erased.userId)).length + (await rows(changed.userId)).length === 4,
    );
    await post('/v1/me/erase', erased.token, { password: erased.password });
    await post('/v1/password', changed.token, {
      password: changed.password,
      new_password: 'not a common one',
    });
    const all = async () => [...(await rows(erased.userId)), ...(await rows(changed.userId))];
    await eventually('all are dropped', async () =>
      (await all()).every(({ status }) => status === 'dropped'),
    );
    await mailbox.open();
    const later = await signUp(url);
    await post('/v1/password-resets', undefined, { email: later.email });
    await mailTo(later.email);
    expect([...mailbox.to(erased.email), ...mailbox.to(changed.email)]).toEqual([]);
  });

  it('tells of ends: a trial’s, a subscription’s, and not of what a billing system writes about', async () => {
    const at = (days: number) => new Date(Date.now() + days * DAY).toISOString();
    const started = async (more: object) => {
      const customer = await signUp(url);
      const body = { user_id: customer.userId, plan: 'pro', ...more };
      expect((await post('/v1/subscriptions', staff, body)).status).toBe(201);
      return customer;
    };
    const dates = { start_date: at(-20), end_date: at(0.5) };
    const own = await started(dates);
    const billed = await started({ ...dates, external_id: `sub_${randomUUID()}` });
    const over = await started({ start_date: at(-40), end_date: at(-9) });
    await eventually('they are projected', async () => {
      const text = 'SELECT FROM read_model.subscriptions WHERE user_id = ANY ($1)';
      return (await node.pool.query(text, [[own.userId, billed.userId, over.userId]])).rows.length === 3;
    });
    // The node that leads next looks at once.
    const next = await node.another();
    await node.service.stop();
    url = next.url;
    const ending = await mailTo(own.email);
    const day = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(
      new Date(dates.end_date),
    );
    expect(ending.header('Subject')).toBe(`Your subscription to app ends on ${day}`);
    expect((await mailTo(over.email)).header('Subject')).toBe('Your subscription to app has ended');
    await eventually(
      'the other is dropped',
      async () => (await rows(billed.userId))[0]?.status === 'dropped',
    );
    expect(mailbox.to(billed.email)).toEqual([]);
  });

  it('goes to files for development, in the seller’s own words where there are some', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'license-test-mail-'));
    writeFileSync(
      path.join(folder, 'reset-password.txt'),
      'Subject: Hallo {{seller}}\n\nHier & jetzt:\n\n{{link}}\n',
    );
    await (running.pop() as ConsumerService).stop();
    const target = path.join(folder, 'sent');
    running.push(await notify({ MAIL_URL: `file:${target}`, MAIL_TEMPLATES: folder, MAIL_LANGUAGE: 'de' }));
    const { email, token } = await signUp(url);
    await post('/v1/password-resets', undefined, { email });
    await post('/v1/email-verifications', token);
    const files = await eventually('two files', () => {
      const names = readdirSync(folder).includes('sent')
        ? readdirSync(target).filter((name) => name.endsWith('.eml'))
        : [];
      return names.length === 2 && names.map((name) => readFileSync(path.join(target, name), 'utf8'));
    });
    const text = files.join('\n');
    expect(text).toContain('Subject: Hallo Example Software');
    expect(text).toContain('<p>Hier &#38; jetzt:</p>');
    expect(text).toMatch(/Subject: =\?UTF-8\?Q\?Best=C3=A4tigen/i);
    rmSync(folder, { recursive: true });
  });

  it('goes first to whoever waits for it', async () => {
    await using other = await startCommandNode();
    const due = async (kind: string, minutes: number) => {
      const id = randomUUID();
      await other.pool.query(
        `INSERT INTO notifications.mails (mail_id, user_id, kind, revision, data, status, next_at, try_until, created_at)
         VALUES ($1, $1, $2, 0, '{}', 'pending', now() - $3 * interval '1 minute', now() + interval '1 day', now())`,
        [id, kind, minutes],
      );
      return id;
    };
    const ended = await due('subscription-ended', 60);
    const reset = await due('reset-password', 1);
    const verify = await due('verify-email', 2);
    expect((await claimMails(other.pool, 2, 60_000)).map(({ mailId }) => mailId).toSorted()).toEqual(
      [reset, verify].toSorted(),
    );
    expect((await claimMails(other.pool, 2, 60_000)).map(({ mailId }) => mailId)).toEqual([ended]);
  });
});
