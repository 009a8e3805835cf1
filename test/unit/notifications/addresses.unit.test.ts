import { describe, expect, it } from 'vitest';
import { isPublicAddress, refusalOfUrl } from '../../../shared/notifications/addresses.ts';

describe('isPublicAddress', () => {
  it.each([
    '93.184.215.14',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.0',
    '2606:2800:21f:cb07::1',
    '2a00:1450::1',
  ])('takes %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:93.184.215.14',
    '::127.0.0.1',
    '64:ff9b::a00:1',
    '2001:0:1::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('refusalOfUrl', () => {
  it.each([
    ['https://example.com/hooks?tenant=1', undefined],
    ['https://example.com:8443/', undefined],
    ['https://93.184.215.14/', undefined],
    ['example.com', 'not_a_url'],
    ['http://example.com/', 'not_https'],
    ['file:///etc/passwd', 'not_https'],
    ['https://user:secret@example.com/', 'credentials'],
    ['https://127.0.0.1/', 'private_address'],
    // The same address in other clothes.
    ['https://2130706433/', 'private_address'],
    ['https://0x7f.1/', 'private_address'],
    ['https://0177.0.0.1/', 'private_address'],
    ['https://127.1/', 'private_address'],
    ['https://[::1]/', 'private_address'],
    ['https://[::ffff:127.0.0.1]/', 'private_address'],
    ['https://169.254.169.254/latest/meta-data/', 'private_address'],
  ])('%s: %s', (url, refusal) => expect(refusalOfUrl(url, false)).toBe(refusal));

  it('lets development have its own machine, over plain http too', () => {
    expect(refusalOfUrl('http://127.0.0.1:9000/hook', true)).toBeUndefined();
    expect(refusalOfUrl('https://[::1]/', true)).toBeUndefined();
    expect(refusalOfUrl('ftp://127.0.0.1/', true)).toBe('not_https');
  });
});
