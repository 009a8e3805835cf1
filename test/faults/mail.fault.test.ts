import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewUserEvent } from '../../shared/events/types.ts';
import { Mailbox } from '../integration/notifier/mailbox.ts';
import { instant } from '../integration/projector/author.ts';
import { createSystem, type System } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';

/** 20 kills: MAIL_EVENTS=2000 MAIL_KILLS=20, which takes minutes. */
const MAILS = Number(process.env.MAIL_EVENTS ?? 30);
const KILLS = Number(process.env.MAIL_KILLS ?? 1);
const PATIENCE_MS = 60_000 + MAILS * 100;
/** Mails under way at a kill. */
const AT_ONCE = 5;

let system: System;
const mailbox = new Mailbox();
beforeAll(async () => {
  system = await createSystem();
  await mailbox.open();
});
afterAll(async () => {
  await mailbox.close();
  await system[Symbol.asyncDispose]();
});

function spawnNotifier() {
  const mail = { MAIL_URL: mailbox.url, MAIL_FROM: 'a@example.org', PUBLIC_URL: 'https://a.example.org' };
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'mail-process.ts')], {
    env: { ...process.env, ...system.env(), ...mail },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Users, each of whom asks for a link to verify their email. @returns their addresses */
async function writeUsers(count: number): Promise<string[]> {
  const addresses: string[] = [];
  for (let n = 0; n < count; n++) {
    const author = system.author();
    await author.signUp();
    const expiresAt = instant(Date.now() + 86_400_000);
    const data = { userId: author.userId, emailRevision: 0, passwordRevision: 0, expiresAt };
    await author.append({ type: 'EmailVerificationIssued', data } satisfies NewUserEvent);
    addresses.push(author.email);
  }
  return addresses;
}

it(
  `sends every mail, and again only what was under way: ${MAILS} mails, ${KILLS} kills`,
  async () => {
    await system.project();
    mailbox.delayMs = 20;
    let busy = 0;
    mailbox.answer = () => (busy++ % 10 === 9 ? 451 : undefined);
    let notifier = spawnNotifier();
    await eventually('it has begun', async () => {
      const { rows } = await system.pool.query('SELECT FROM notifications.checkpoints');
      return rows.length > 0;
    });
    const writing = writeUsers(MAILS);
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = (kill * MAILS) / (KILLS + 1);
      await eventually(`${enough} were received`, () => mailbox.received.length >= enough, PATIENCE_MS);
      await notifier.kill();
      notifier = spawnNotifier();
    }
    const addresses = await writing;
    await eventually(
      'all are sent',
      async () => {
        const { rows } = await system.pool.query(
          "SELECT count(*)::integer AS count FROM notifications.mails WHERE status = 'sent'",
        );
        return rows[0].count === MAILS;
      },
      PATIENCE_MS,
    );
    await notifier.kill();
    const byAddress = Map.groupBy(mailbox.received, ({ to }) => to);
    expect([...byAddress.keys()].sort()).toEqual([...addresses].sort());
    // What comes again is the same mail, by its Message-ID.
    for (const mails of byAddress.values())
      expect(new Set(mails.map((mail) => mail.header('Message-ID'))).size).toBe(1);
    const repeats = mailbox.received.length - MAILS;
    expect(repeats).toBeLessThanOrEqual(KILLS * AT_ONCE);
    if (process.env.MAIL_EVENTS) console.log(`${repeats} repeats of ${MAILS}`);
  },
  PATIENCE_MS * 2,
);
