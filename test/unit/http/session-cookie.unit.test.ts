import { describe, expect, it } from 'vitest';
import { sessionCookie } from '../../../shared/http/routes/session-cookie.ts';

const secure = sessionCookie('https://licenses.example.com');
const local = sessionCookie('http://localhost:8080');

describe('the cookie of a session', () => {
  it('is bound to its host behind https, and never leaves the page’s requests', () => {
    expect(secure.set('t', 60)).toBe('__Host-staff=t; Max-Age=60; Path=/; HttpOnly; SameSite=Strict; Secure');
    expect(local.set('t', 60)).toBe('staff=t; Max-Age=60; Path=/; HttpOnly; SameSite=Strict');
    expect(secure.clear).toBe('__Host-staff=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure');
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['a=1; __Host-staff=t; b=2', 't'],
    ['__Host-staff=t', 't'],
    // Planted from another host of the domain, or over http: not the name that counts.
    ['staff=t', undefined],
    ['__host-staff=t', undefined],
    ['x__Host-staff=t', undefined],
    // Two of them: one was planted.
    ['__Host-staff=t; __Host-staff=u', undefined],
  ])('in %j is %j', (header, token) => {
    expect(secure.read(header)).toBe(token);
  });

  it.each(['localhost', 'localhost:8080', '127.0.0.1:80', '127.8.9.1', '[::1]:8080', 'LOCALHOST'])(
    'may begin without TLS at %s',
    (host) => expect(local.mayBegin(host)).toBe(true),
  );

  it.each([
    undefined,
    '',
    'licenses.example.com',
    '10.0.0.5',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '[::2]',
  ])('may not begin without TLS at %j', (host) => {
    expect(local.mayBegin(host)).toBe(false);
    expect(secure.mayBegin(host)).toBe(true);
  });
});
