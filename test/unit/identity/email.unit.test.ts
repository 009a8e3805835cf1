import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasUnseenCharacter } from '../../../shared/identity/characters.ts';
import { emailForms, normaliseEmail } from '../../../shared/identity/email.ts';

describe('the form in which emails are compared', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada+X@Example.COM ', 'ada+x@example.com'],
    ["o'neil.@example.co.uk", "o'neil.@example.co.uk"],
    // NFC and NFD of the same letters.
    ['bu\u0308ro@example.com', 'b\u00fcro@example.com'],
    ['B\u00dcRO@example.com', 'b\u00fcro@example.com'],
    // One domain, in Unicode, in ASCII, in capitals and in wide letters.
    ['ada@b\u00fccher.example', 'ada@xn--bcher-kva.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['ada@bu\u0308cher.example', 'ada@xn--bcher-kva.example'],
    ['ada@\uff45\uff58ample\u3002com', 'ada@example.com'],
    ['\u0130@example.com', 'i\u0307@example.com'],
  ])('%j is %s', (raw, form) => {
    expect(normaliseEmail(raw)).toBe(form);
  });

  it.each([
    'ada',
    '@example.com',
    'ada@',
    'ada@@example.com',
    'ada@localhost',
    'ada@example.com.',
    'ada@example.com,',
    'ada@example.com>',
    'ada@.example.com',
    'ada@exa..mple.com',
    'ada@-example.com',
    'ada@example-.com',
    'ada@example.123',
    'ada@127.0.0.1',
    'ada@0x7f.1',
    'ada@[127.0.0.1]',
    'ada@example.com/path',
    'ada@ex%61mple.com',
    'ada@example.com:80',
    'ada@user:pw@example.com',
    'ada@xn--a.example',
    'ada lovelace@example.com',
    '"ada"@example.com',
    'ada\u00ad@example.com',
    'ada@exam\u200bple.com',
    '\ufeffada@example.com',
    'ada@example.com\ufeff',
    'ada\u180e@example.com',
    'ada\u3164@example.com',
    'ada@example.com\n',
    'ada\u0000@example.com',
    'ada\u0378@example.com',
    'ada\u2028@example.com',
    'ada\ud800@example.com',
    `${'\u0130'.repeat(130)}@example.com`,
    `${'x'.repeat(243)}@example.com`,
    `${'\u00fc'.repeat(122)}@example.com`,
  ])('%j is no address', (raw) => {
    expect(normaliseEmail(raw)).toBeUndefined();
  });

  it('has 254 bytes at most, counted after all that', () => {
    const longest = `${'x'.repeat(242)}@example.com`;
    expect(normaliseEmail(longest)).toBe(longest);
    // Composed, each letter takes two bytes and not three.
    const decomposed = `${'u\u0308'.repeat(121)}@example.com`;
    expect(Buffer.byteLength(normaliseEmail(decomposed) ?? '')).toBe(254);
  });

  const letter = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom('b', 'c', 'x', '0', 'ü', 'É', '日', 'ش'),
    fc.constantFrom(
      'a',
      'Z',
      '.',
      '-',
      '@',
      '\u0130',
      '\u00df',
      '\u0308',
      '\u0345',
      '\u1e9e',
      '\uff0e',
      '\u3002',
    ),
  );
  const part = fc.array(letter, { minLength: 1, maxLength: 8 }).map((letters) => letters.join(''));
  const address = fc
    .tuple(part, part, fc.constantFrom('example', 'com', 'b\u00fccher'))
    .map(([local, domain, top]) => `${local}@${domain}.${top}`);

  it('changes nothing when it is made again, and never depends on how the letters were typed', () => {
    let taken = 0;
    fc.assert(
      fc.property(address, (raw) => {
        const form = normaliseEmail(raw);
        if (form === undefined) return;
        taken += 1;
        expect(normaliseEmail(form)).toBe(form);
        for (const typed of [raw.normalize('NFD'), raw.normalize('NFC'), ` ${raw}`]) {
          expect(normaliseEmail(typed)).toBe(form);
        }
        expect(Buffer.byteLength(form)).toBeLessThanOrEqual(254);
        expect(hasUnseenCharacter(form)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it('is the one of older releases for every address that was normal before', () => {
    const local = fc.string({
      unit: fc.constantFrom(..."abcXYZ019.!#$%&'*+/=?^_`{|}~-"),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(local, (text) => {
        expect(emailForms(`${text}@Example.com`)).toEqual([`${text.toLowerCase()}@example.com`]);
      }),
    );
  });

  it('has the one of older releases beside it where that is another', () => {
    expect(emailForms('Ada@B\u00fccher.example')).toEqual([
      'ada@xn--bcher-kva.example',
      'ada@b\u00fccher.example',
    ]);
    expect(emailForms('ada@localhost')).toEqual(['ada@localhost']);
  });
});
