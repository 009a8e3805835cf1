import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventStoreUnavailable, OutcomeUnknown } from '../../../shared/event-log/errors.ts';
import { EventNotEnabled } from '../../../shared/events/errors.ts';
import { toProblem } from '../../../shared/http/problems/faults.ts';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import { PROBLEMS } from '../../../shared/http/problems/problem-codes.ts';
import { check, instant, text, uuid } from '../../../shared/http/routes/fields.ts';
import { requestIdFrom } from '../../../shared/http/server/request-id.ts';
import { NoSigningKey } from '../../../shared/tokens/key-ring.ts';
import { VaultUnavailable } from '../../../shared/vault/errors.ts';

describe('a problem', () => {
  it('is written as RFC 9457 says, with its code and the request’s id', () => {
    const problem = new Problem('client_limit_reached', { detail: 'ten', members: { limit: 10 } });
    const { status, headers, body } = problemAnswer(problem, 'r-1');
    expect(status).toBe(409);
    expect(headers['Content-Type']).toBe('application/problem+json');
    expect(JSON.parse(body)).toEqual({
      type: 'urn:license-system:problem:client_limit_reached',
      title: PROBLEMS.client_limit_reached.title,
      status: 409,
      code: 'client_limit_reached',
      detail: 'ten',
      limit: 10,
      request_id: 'r-1',
    });
  });

  it('says when to come again, and how to prove who asks', () => {
    expect(problemAnswer(new Problem('vault_unavailable'), 'r').headers['Retry-After']).toBe('1');
    const { headers } = problemAnswer(new Problem('token_expired'), 'r');
    expect(headers['WWW-Authenticate']).toBe(
      'Bearer realm="license-system", error="invalid_token", error_description="The bearer token has expired"',
    );
  });

  it('every code has a status of an error', () => {
    for (const { status } of Object.values(PROBLEMS)) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });
});

describe('a fault', () => {
  const fault = (fields: object) => Object.assign(new Error('secret'), fields);
  it.each([
    [new EventStoreUnavailable(), 'event_store_unavailable'],
    [new OutcomeUnknown(), 'append_outcome_unknown'],
    [new VaultUnavailable(), 'vault_unavailable'],
    [new NoSigningKey(), 'signing_unavailable'],
    [fault({ code: 'password_hashing_busy' }), 'busy'],
    [fault({ code: 'unknown_event' }), 'schema_too_new'],
    [new EventNotEnabled('StaffAdded', 1), 'not_enabled_yet'],
    [fault({ code: 'ECONNREFUSED' }), 'database_unavailable'],
    [fault({ code: '57P01' }), 'database_unavailable'],
    [fault({ status: 400 }), 'malformed_request'],
    [fault({ code: '42P01' }), 'internal_error'],
    [new TypeError('x is not a function'), 'internal_error'],
    ['thrown text', 'internal_error'],
  ])('%s becomes %s', (error, code) => {
    const problem = toProblem(error);
    expect(problem.code).toBe(code);
    expect(problemAnswer(problem, 'r').body).not.toContain('secret');
  });
});

describe('a wrong field', () => {
  const schema = z.strictObject({ name: text(1, 3), 'a/b~c': z.strictObject({ id: uuid }).optional() });
  const errorsOf = (value: unknown, place: 'body' | 'query' | 'path' | 'header' = 'body') => {
    const checked = check(place, schema, value);
    return checked.ok ? [] : checked.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
  };

  it('is named by a pointer', () => {
    expect(errorsOf({})).toEqual(['/name required']);
    expect(errorsOf({ name: 'a', 'a/b~c': { id: 'x' } })).toEqual(['/a~1b~0c/id expected a UUID']);
    expect(errorsOf({ name: 'a', x: 1 }, 'query')).toEqual(['?x unknown field']);
    expect(errorsOf({}, 'path')).toEqual(['{name} required']);
    expect(errorsOf({}, 'header')).toEqual(['name: required']);
  });

  it('is never repeated, and neither is a long name', () => {
    expect(errorsOf({ name: 'swordfish' }).join()).not.toContain('swordfish');
    expect(errorsOf({ name: 5_551_234 }).join()).not.toContain('5551234');
    const [first] = errorsOf({ name: 'a', ['k'.repeat(9_000)]: 1 });
    expect(first?.length).toBeLessThan(100);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 1]));
    expect(errorsOf({ name: 'a', ...many })).toHaveLength(20);
  });

  it('text: no control characters, no half of a pair', () => {
    for (const bad of ['\u0000', '\n', '\u007f', '\u0085', '\ud800', 'long!']) {
      expect(errorsOf({ name: bad })).toHaveLength(1);
    }
    for (const good of ['é', '日本', '😀', ' ']) expect(errorsOf({ name: good })).toEqual([]);
  });

  it('instants: a zone is needed; they are read as milliseconds', () => {
    expect(instant.parse('2030-01-31T01:00:00+01:00')).toBe(Date.UTC(2030, 0, 31));
    for (const bad of ['2030-01-31', '2030-01-31T00:00:00', '2030-02-30T00:00:00Z', 'tomorrow', 5])
      expect(instant.safeParse(bad).success).toBe(false);
  });
});

it('takes a request’s id where it is well-formed', () => {
  expect(requestIdFrom('trace-1234.5')).toBe('trace-1234.5');
  for (const bad of [undefined, 'short', 'a b c d e f', 'x'.repeat(65), ['a', 'b'], 'line\nbreak'])
    expect(requestIdFrom(bad)).toMatch(/^[0-9a-f]{8}-/);
});
