import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLicenseKeyForm,
  licenseKeyForm,
  licenseKeyHash,
  licenseKeyText,
} from '../../../shared/license-keys/text.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const secret = fc.uint8Array({ minLength: 15, maxLength: 32 });
const formOf = (bytes: Uint8Array) => licenseKeyForm(licenseKeyText(bytes));
const put = (text: string, at: number, character: string) =>
  text.slice(0, at) + character + text.slice(at + 1);

describe('the text of a license key', () => {
  it('is the same for the same secret, whatever the release', () => {
    expect(licenseKeyText(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(
      '000G4-0R40M-30E20-9185G-R38ED',
    );
    expect(licenseKeyText(new Uint8Array(15).fill(255))).toBe('ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZW');
  });

  it('is five groups of five, a key, and as many keys as there are secrets of 120 bits', () => {
    fc.assert(
      fc.property(secret, secret, (one, other) => {
        expect(licenseKeyText(one)).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/);
        expect(isLicenseKeyForm(formOf(one))).toBe(true);
        const same = Buffer.compare(one.subarray(0, 15), other.subarray(0, 15)) === 0;
        expect(formOf(one) === formOf(other)).toBe(same);
      }),
    );
  });

  it('takes 15 bytes', () => {
    expect(() => licenseKeyText(new Uint8Array(14))).toThrow(RangeError);
  });
});

describe('what is typed', () => {
  it('counts whatever its case, hyphens, spaces, and O, I and L', () => {
    const looks: Record<string, string[]> = { 0: ['0', 'O', 'o'], 1: ['1', 'I', 'i', 'L', 'l'] };
    const typed = secret.chain((bytes) =>
      fc.tuple(
        fc.constant(formOf(bytes)),
        fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.constantFrom('', '', '-', ' ', ' - ', '\t', '–')), {
          minLength: 25,
          maxLength: 25,
        }),
      ),
    );
    fc.assert(
      fc.property(typed, ([form, ways]) => {
        const text = [...form].map((character, index) => {
          const [look, lower, separator] = ways[index] as [number, boolean, string];
          const shown = looks[character]?.[look % (looks[character]?.length ?? 1)] ?? character;
          return (lower ? shown.toLowerCase() : shown) + separator;
        });
        expect(licenseKeyForm(` ${text.join('')} `)).toBe(form);
      }),
    );
  });

  it('is no key with any one character wrong', () => {
    const wrong = fc.tuple(secret, fc.nat(24), fc.constantFrom(...ALPHABET));
    fc.assert(
      fc.property(wrong, ([bytes, at, character]) => {
        const form = formOf(bytes);
        fc.pre(form[at] !== character);
        expect(isLicenseKeyForm(put(form, at, character))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is no key with any two different characters swapped, or one left out or added', () => {
    fc.assert(
      fc.property(secret, fc.nat(24), fc.nat(24), (bytes, one, other) => {
        const form = formOf(bytes);
        const [a = '', b = ''] = [form[one], form[other]];
        expect(isLicenseKeyForm(form.slice(0, one) + form.slice(one + 1))).toBe(false);
        expect(isLicenseKeyForm(form.slice(0, one) + a + form.slice(one))).toBe(false);
        fc.pre(a !== b);
        expect(isLicenseKeyForm(put(put(form, one, b), other, a))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('may be anything: of 32 guesses of the right length one is a key, and nothing else is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isLicenseKeyForm(licenseKeyForm(text))));
    const guess = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 25, maxLength: 25 });
    fc.assert(
      fc.property(guess, fc.nat(24), (form, at) => {
        const guesses = [...ALPHABET].map((character) => put(form, at, character));
        expect(guesses.filter(isLicenseKeyForm)).toHaveLength(1);
      }),
    );
  });
});

it('a key is found by SHA-256 of its characters', () => {
  // printf %s ZZZZZZZZZZZZZZZZZZZZZZZZW | sha256sum
  const expected = '997cd5884a72d082d93e6af14bfe4b5d765fb6bd28d6c61dbfbbbc19b7982183';
  expect(licenseKeyHash(licenseKeyForm('zzzzz-zzzzz-zzzzz-zzzzz-zzzzw'))).toBe(expected);
});
