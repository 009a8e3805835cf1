import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlOf, withQuery } from '../../../query-service/pages/parts/api/call.ts';
import { errorOf, problemIn } from '../../../query-service/pages/parts/api/problem.ts';
import { isId, placeOf } from '../../../query-service/pages/parts/router.ts';

describe('an address that somebody made up', () => {
  it.each(['#/customers/%', '#/customers/..', '#/customers/..%2Fstaff', '#/customers/a%3Fb'])(
    '%s is a place without an id',
    (hash) => {
      const [section, id = ''] = placeOf(hash).path;
      expect(section).toBe('customers');
      expect(isId(id)).toBe(false);
    },
  );

  it('is told from an id', () => {
    const { path, query } = placeOf('#/customers/019afc2e-9c41-7d02-8a3b-5e6f7a8b9c0d?tab=keys');
    expect(path.map(isId)).toEqual([true, true]);
    expect(query.get('tab')).toBe('keys');
  });
});

describe('the curl of a call', () => {
  /** What a shell makes of it: the words that curl would get. */
  const wordsOf = (text: string): string[] =>
    execFileSync('bash', ['-c', text.replace(/^curl /, 'printf "%s\\0" ')], { env: { token: 'TOKEN' } })
      .toString()
      .split('\0')
      .slice(0, -1);

  it('has the method, the headers and the body', () => {
    const call = {
      method: 'POST',
      path: '/v1/subscriptions/1/suspend',
      body: { reason: "it's unpaid" },
      ifMatch: '"7"',
      idempotencyKey: 'a-key',
    } as const;
    expect(wordsOf(curlOf(call, 'https://licenses.example'))).toEqual([
      '-s',
      'https://licenses.example/v1/subscriptions/1/suspend',
      '-H',
      'Authorization: Bearer TOKEN',
      '-H',
      'If-Match: "7"',
      '-H',
      'Idempotency-Key: a-key',
      '--json',
      `{"reason":"it's unpaid"}`,
    ]);
  });

  it('names the method where the body does not tell it', () => {
    const of = (method: 'GET' | 'POST' | 'DELETE', body?: object) =>
      wordsOf(curlOf({ method, path: '/v1/x', ...(body && { body }) }, 'https://h')).join(' ');
    expect(of('GET')).not.toContain('-X');
    expect(of('POST')).toContain('-X POST');
    expect(of('POST', {})).not.toContain('-X');
    expect(of('DELETE')).toContain('-X DELETE');
  });

  it('runs nothing, whatever somebody typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (reason) => {
        fc.pre(!reason.includes('\0'));
        const text = curlOf({ method: 'POST', path: '/v1/x', body: { reason } }, 'https://h');
        expect(wordsOf(text).at(-1)).toBe(JSON.stringify({ reason }));
      }),
      { numRuns: 30 },
    );
  });
});

it('a query leaves out what is empty, and escapes the rest', () => {
  expect(withQuery('/v1/users', { email: 'a+b@example.com', cursor: undefined, status: '' })).toBe(
    '/v1/users?email=a%2Bb%40example.com',
  );
  expect(withQuery('/v1/users', {})).toBe('/v1/users');
});

describe('a problem', () => {
  it('is told by its status where a proxy answered with a page', () => {
    expect(problemIn(502, '<html>Bad gateway</html>')).toMatchObject({ status: 502, code: 'http_502' });
    expect(problemIn(200, '"text"')).toMatchObject({ code: 'http_200' });
  });

  it('says what is wrong with a field of the body or the query, and with no other one', () => {
    const problem = {
      ...{ status: 400, code: 'invalid_request', title: '' },
      errors: [
        { pointer: '/plan', detail: 'unknown' },
        { pointer: '?cursor', detail: 'bad' },
        { pointer: '/scopes/1', detail: 'not yours' },
      ],
    };
    expect(errorOf(problem, 'plan')).toBe('unknown');
    expect(errorOf(problem, 'cursor')).toBe('bad');
    expect(errorOf(problem, 'scopes')).toBe('not yours');
    expect(errorOf(problem, 'pla')).toBeUndefined();
  });
});
