import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../../support/requests/api.ts';
import { useSystem } from './system.ts';

const system = useSystem();

describe('what an operator sees of a query node', () => {
  it('no token, key or email in any line of the log', async () => {
    const log: string[] = [];
    const destination = { write: (line: string) => void log.push(line) };
    const logger = createLogger({ service: 'query-service', level: 'trace', destination });
    const node = await system.it.startNode({ logger });
    const user = await system.it.readModel.addUser();
    const key = await system.it.keyOf(user);
    const token = await system.it.accessToken(user.userId);
    const operator = await system.it.accessToken('support', 'operator');
    const nonce = `nonce-${randomUUID()}`;
    const email = encodeURIComponent(user.email);
    const validate = '/v1/licenses/validate';
    await ask(node.url, `${validate}?nonce=${nonce}`, { token: key });
    await ask(node.url, validate, { token: key, body: { nonce } });
    await ask(node.url, validate, { token: `${key}x`, body: { nonce, unknown: user.email } });
    await ask(node.url, `${validate}?${user.email}=1`, { token: key });
    await ask(node.url, `/v1/users?email=${email}`, { token: operator });
    await ask(node.url, `/v1/users?email=${email}&email=${email}`, { token: operator });
    await ask(node.url, `/v1/nothing?email=${email}`, { token });
    // What is no JSON is repeated, in part, by the parser's message.
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
    await fetch(`${node.url}${validate}`, { method: 'POST', body: 'swordfish', headers });
    const last = randomUUID();
    await ask(node.url, '/v1/me', { token, headers: { 'X-Request-Id': last } });
    await eventually('the last line', () => log.some((line) => line.includes(last)));
    const lines = log.join('');
    for (const secret of [key, token, operator, nonce, user.email, email, 'swordf'])
      expect(lines).not.toContain(secret);
    expect(lines).not.toContain(key.split('.')[2] as string);
  });

  it('metrics: validations by code and layer, what is in memory, what is believed', async () => {
    const node = await system.it.startNode();
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    await ask(node.url, '/v1/licenses/validate', { token });
    await ask(node.url, '/v1/licenses/validate', { token: `${token.slice(0, -8)}AAAAAAAA` });
    await ask(node.url, '/v1/licenses/validate?x=1', { token });
    const text = await (await fetch(`${node.url}/metrics`)).text();
    for (const line of [
      /^validations_total\{code="VALID",layer="postgres",service="query-service"\} 1$/m,
      /^validations_total\{code="INVALID_KEY",layer="none",service="query-service"\} 1$/m,
      /^validation_problems_total\{code="invalid_request",.*\} 1$/m,
      /^validation_duration_seconds_count\{.*\} \d/m,
      ...['licenses', 'users', 'good_keys', 'bad_keys'].map(
        (kind) => new RegExp(`^validation_memory_entries\\{kind="${kind}",.*\\} 1$`, 'm'),
      ),
      /^validation_notices_missing\{.*\} [01]$/m,
      /^validation_redis_trusted\{.*\} [01]$/m,
    ])
      expect(text).toMatch(line);
  });
});
