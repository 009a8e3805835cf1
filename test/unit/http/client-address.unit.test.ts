import { describe, expect, it } from 'vitest';
import { addressKey, clientAddress, trustedProxies } from '../../../shared/http/limits/client-address.ts';

const trusted = trustedProxies('127.0.0.0/8, ::1, 10.1.0.0/16');

describe('the address of a caller', () => {
  it.each([
    ['the connection’s, without a proxy', '203.0.113.5', undefined, '203.0.113.5'],
    ['not what a stranger writes', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['what a trusted proxy saw', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['through a chain of trusted proxies', '127.0.0.1', '198.51.100.1, 10.1.2.3', '198.51.100.1'],
    [
      'not further than the proxies are trusted',
      '127.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.1.2.3',
      '198.51.100.1',
    ],
    ['the proxy’s, if it says nothing', '127.0.0.1', undefined, '127.0.0.1'],
    ['the proxy’s, if it says nonsense', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['mapped into IPv6', '::ffff:127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['mapped, in hexadecimal', '127.0.0.1', '::FFFF:c633:6401', '198.51.100.1'],
    ['mapped, written out', '127.0.0.1', '0:0:0:0:0:ffff:198.51.100.1', '198.51.100.1'],
    ['of IPv6 that only looks mapped', '127.0.0.1', '2001:db8::FFFF:1', '2001:db8::ffff:1'],
    ['of IPv6', '::1', '2001:DB8::1%eth0', '2001:db8::1'],
    ['without its port', '127.0.0.1', '198.51.100.1:54321', '198.51.100.1'],
    ['without its brackets', '127.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['of IPv6 with a port', '127.0.0.1', '[2001:DB8::1]:443', '2001:db8::1'],
    ['mapped, in brackets, with a port', '127.0.0.1', '[::ffff:198.51.100.1]:443', '198.51.100.1'],
    ['behind a trusted proxy with a port', '127.0.0.1', '198.51.100.1:1, 10.1.2.3:2', '198.51.100.1'],
    ['the proxy’s, if brackets hold nonsense', '127.0.0.1', '[unknown]:1', '127.0.0.1'],
    ['a trusted one, if all of them are', '127.0.0.1', '10.1.2.3', '10.1.2.3'],
    ['none, once the connection is gone', undefined, '198.51.100.1', '0.0.0.0'],
  ])('is %s', (_name, remote, forwarded, expected) => {
    expect(clientAddress(remote, forwarded, trusted)).toBe(expected);
  });

  it('of a proxy is known in the form that a socket gives it', () => {
    expect(['::ffff:10.1.2.3', '::FFFF:10.2.0.1'].map(trusted.has)).toEqual([true, false]);
  });

  it('refuses a list that it can’t read', () => {
    for (const list of ['localhost', '10.0.0.0/33', '::1/129', '10.0.0.0/', '10.0.0.0/-1'])
      expect(() => trustedProxies(list)).toThrow(RangeError);
    expect(trustedProxies('').has('127.0.0.1')).toBe(false);
  });

  it('counts a whole /64 of IPv6 as one', () => {
    expect(addressKey('198.51.100.1')).toBe('198.51.100.1');
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:0db8:0001:0002::9')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(addressKey('::1')).toBe('0:0:0:0::/64');
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
  });
});
