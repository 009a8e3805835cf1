import { describe, expect, it } from 'vitest';
import { OWASP_COST, PasswordHashInvalid, Passwords } from '../../../command-service/accounts/passwords.ts';

const cheap = { memory: 64, passes: 1, parallelism: 1 };
const SOMEBODY = { address: '203.0.113.5' };
const passwords = new Passwords({ maxConcurrent: 2, maxWaiting: 10, cost: cheap });

describe('a password', () => {
  it('is verified by its hash, and no other is', async () => {
    const hash = await passwords.hash('correct horse', SOMEBODY);
    await expect(passwords.verify(hash, 'correct horse', SOMEBODY)).resolves.toBe(true);
    await expect(passwords.verify(hash, 'correct hors', SOMEBODY)).resolves.toBe(false);
    await expect(passwords.verify(hash, '', SOMEBODY)).resolves.toBe(false);
  });

  it('is hashed with a new salt each time, at OWASP’s cost unless told otherwise', async () => {
    expect(await passwords.hash('x', SOMEBODY)).not.toBe(await passwords.hash('x', SOMEBODY));
    const usual = new Passwords({ maxConcurrent: 1, maxWaiting: 0 });
    const hash = await usual.hash('x', SOMEBODY);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(OWASP_COST).toEqual({ memory: 19_456, passes: 2, parallelism: 1 });
    await expect(passwords.verify(hash, 'x', SOMEBODY)).resolves.toBe(true);
  });

  it('verifies a hash that another implementation made', async () => {
    // The reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
    const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    await expect(passwords.verify(hash, 'password', SOMEBODY)).resolves.toBe(true);
  });

  it('is the same in every Unicode form', async () => {
    const hash = await passwords.hash('Ångström', SOMEBODY);
    await expect(passwords.verify(hash, 'A\u030angstro\u0308m', SOMEBODY)).resolves.toBe(true);
  });

  it('of nobody takes a hashing and never fits', async () => {
    await expect(passwords.verifyNobody('x', SOMEBODY)).resolves.toBe(false);
  });

  it.each(['', 'hash', '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA'])('%j is no hash', async (hash) => {
    await expect(passwords.verify(hash, 'x', SOMEBODY)).rejects.toThrow(PasswordHashInvalid);
  });
});

describe('hashing', () => {
  it('leaves the event loop free', async () => {
    const slow = new Passwords({ maxConcurrent: 1, maxWaiting: 0 });
    let ended = false;
    const hashing = slow.hash('a', SOMEBODY).finally(() => {
      ended = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    await hashing;
  });
});
