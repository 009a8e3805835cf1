import { expect, it } from 'vitest';
import { isLoopback } from '../../../shared/http/loopback.ts';
import { sessionCookie } from '../../../shared/http/routes/session-cookie.ts';

it.each(['localhost', 'LocalHost', '127.0.0.1', '127.1.2.3', '[::1]'])(
  'takes %s for this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

it.each(['localhost.example.com', '127.0.0.1.example.com', 'a127.0.0.1', '[::2]', '10.0.0.1', '127.0.0', ''])(
  'takes "%s" for another machine',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

it('begins a session without TLS on this machine alone, at whatever port', () => {
  const { mayBegin } = sessionCookie('http://localhost:8080');
  expect(['localhost:8080', '127.0.0.1', '[::1]:80'].map(mayBegin)).toEqual([true, true, true]);
  expect(['example.com', 'localhost:1:2', 'localhost:x', '[::1', undefined].map(mayBegin)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
