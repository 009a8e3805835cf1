import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { callerAddresses } from '../../../query-service/validation/http/caller-address.ts';

/** Tells how often a header was looked into. */
function setUp() {
  const counted = { trusted: 0 };
  const addressOf = callerAddresses({
    has: (address) => {
      counted.trusted += 1;
      return address === '10.0.0.1';
    },
  });
  const from = (forwarded?: string) =>
    addressOf({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: '10.0.0.1' },
    } as unknown as IncomingMessage);
  return { counted, from };
}

describe('the address of a caller', () => {
  it('is worked out once for the same peer and header', () => {
    const { counted, from } = setUp();
    expect(from('203.0.113.7')).toBe('203.0.113.7');
    const { trusted } = counted;
    expect(from('203.0.113.7')).toBe('203.0.113.7');
    expect(counted.trusted).toBe(trusted);
  });

  it('is not remembered under a header of any length', () => {
    const { counted, from } = setUp();
    const long = `${'x'.repeat(8_000)}, 203.0.113.7`;
    expect(from(long)).toBe('203.0.113.7');
    const { trusted } = counted;
    expect(from(long)).toBe('203.0.113.7');
    expect(counted.trusted).toBeGreaterThan(trusted);
  });
});
