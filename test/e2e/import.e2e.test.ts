import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ask } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

let stack: LaunchedStack;
const folder = mkdtempSync(path.join(tmpdir(), 'license-test-import-'));
beforeAll(async () => {
  stack = await launch({ args: ['--no-tour'], env: { IMPORTED_LICENSE_KEYS: 'true' } });
}, 120_000);
afterAll(async () => {
  await dispose(stack);
  rmSync(folder, { recursive: true });
});

const key = (n: number) => `OLD${n}-7F3A-99C2`;

/** Sold years ago, and running. */
const customer = (n: number) => ({
  external_id: `cus-${n}`,
  email: `imported-${n}@example.com`,
  subscriptions: [
    {
      external_id: `sub-${n}`,
      plan: 'basic',
      start_date: `${2018 + (n % 8)}-03-01T00:00:00Z`,
      end_date: new Date(Date.now() + 86_400_000).toISOString(),
    },
  ],
  license_keys: [{ key: key(n), uses: 2 }],
  clients: [{ client_id: `machine-${n}`, license_key: 0 }],
});

it('who was a customer elsewhere is one here: machines go on with the keys that they have', async () => {
  const file = path.join(folder, 'customers.ndjson');
  const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify(customer(n)));
  writeFileSync(file, `${lines.join('\n')}\n`);
  expect(await stack.tool('import', file, '--dry-run')).toBe('');
  expect(await stack.tool('import', file)).toBe('');
  expect(await stack.tool('import', file)).toBe('');

  const activate = (n: number, clientId: string) =>
    ask(stack.url, '/v1/activations', { token: key(n).toLowerCase(), body: { client_id: clientId } });
  const again = await activate(7, 'machine-7');
  expect(again.status).toBe(200);
  const token = String(again.body.activation_key);
  await eventually('the license is good', async () => {
    const { body } = await ask(stack.url, '/v1/licenses/validate', { token });
    return body.code === 'VALID' && body.plan_type === 'basic';
  });
  // One of two uses is the imported machine's.
  expect((await activate(7, randomUUID())).status).toBe(201);
  expect(await activate(7, randomUUID())).toMatchObject({
    status: 409,
    body: { code: 'license_key_used_up' },
  });
  const operator = await stack.tool('token', '--role', 'operator', '--subject', 'support');
  const found = await ask(stack.url, '/v1/users?external_id=cus-7', { token: operator });
  expect(found.body.items).toMatchObject([{ email: 'imported-7@example.com' }]);
}, 120_000);

it('a line that is refused is named with its place, and the exit code is 1', async () => {
  const file = path.join(folder, 'wrong.ndjson');
  const wrong = { ...customer(1_001), email: 'imported-7@example.com' };
  writeFileSync(file, [customer(1_000), wrong].map((line) => JSON.stringify(line)).join('\n'));
  await expect(stack.tool('import', file)).rejects.toMatchObject({
    stdout: 'line 2\t/email: The email address belongs to a user already (email_taken)\n',
    stderr: expect.stringContaining('1 customer imported (4 events).'),
  });
});
