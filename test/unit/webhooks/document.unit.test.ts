import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { type MessageType, testBody, WEBHOOK_MESSAGES } from '../../../shared/webhooks/message.ts';
import { eventually } from '../../support/eventually.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const text = readFileSync(path.join(root, 'docs/webhooks.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(text)?.[1] ?? '';

/** What its tables call the resource of each type. */
const RESOURCES: Readonly<Record<string, string>> = {
  'a customer': 'CustomerMessage',
  'a subscription': 'SubscriptionMessage',
  'a license key': 'LicenseKeyMessage',
  'a license': 'LicenseMessage',
  'a license, and the one that it `replaces`': 'LicenseReplacedMessage',
  'the webhook’s id': 'TestMessage',
};

describe('docs/webhooks.md', () => {
  it('names every type, with what it sends', () => {
    const rows = [...text.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| ([^|]+) \|/gm)];
    expect(rows.map(([, type, data]) => [type, RESOURCES[(data ?? '').replace("'", '’')]])).toEqual(
      Object.entries(WEBHOOK_MESSAGES).map(([type, { shape }]) => [type, shape.data.meta()?.id]),
    );
  });

  it('shows a message as it is sent', () => {
    const message = JSON.parse(block('json'));
    const checked = WEBHOOK_MESSAGES[message.type as MessageType].safeParse(message);
    expect(checked.error?.issues).toBeUndefined();
  });
});

describe('its receiver', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  let receiver: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const [port] = (await freePorts(1)) as [number];
    url = `http://127.0.0.1:${port}/`;
    receiver = spawn(process.execPath, ['--input-type=module', '--eval', block('js')], {
      cwd: root,
      env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
      stdio: 'ignore',
    });
    await eventually('it listens', async () => (await fetch(url)).status === 400);
  });
  afterAll(async () => {
    receiver.kill();
    await once(receiver, 'exit');
  });

  it('takes what is signed, and nothing else', async () => {
    const id = '7d0e5a44-0b0c-5f6e-8a3d-2f1b9c8e7d6a';
    const body = testBody('4a1f7c2e-6b0d-5e93-a8c4-2d7e9f0b1c3a', Date.now());
    const now = new Date();
    const send = (key: string) =>
      fetch(url, {
        method: 'POST',
        body,
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
          'webhook-signature': new Webhook(key).sign(id, now, body),
        },
      });
    expect((await send(secret)).status).toBe(204);
    expect((await send(`whsec_${Buffer.alloc(32, 8).toString('base64')}`)).status).toBe(400);
  });
});
