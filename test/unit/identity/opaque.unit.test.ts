import { describe, expect, it } from 'vitest';
import { hasUnseenCharacter } from '../../../shared/identity/characters.ts';
import { comparedClientId, isSameClient, looksLikeEmail } from '../../../shared/identity/opaque.ts';

describe('what looks like an email address', () => {
  it.each([
    'ada@example.com',
    'client of Ada.Lovelace@mail.example.com (work)',
    'mailto:ada@example.com',
    'ada@bücher.example',
    'ada\uff20example\uff0ecom',
    'ada@example\u3002com',
    'host@10.0.0.1',
  ])('%s', (text) => {
    expect(looksLikeEmail(text)).toBe(true);
  });

  it.each([
    'laptop',
    '@scope/package.name',
    'ada@host',
    'kX+3/9w==',
    'a@b',
    'com.example.app',
    'x @ y.z',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'user@.x',
  ])('but not %s', (text) => {
    expect(looksLikeEmail(text)).toBe(false);
  });
});

it('a client id is the same however its letters were typed', () => {
  expect(comparedClientId('Bu\u0308ro-Mac')).toBe('B\u00fcro-Mac');
  expect(isSameClient('Bu\u0308ro-Mac', 'B\u00fcro-Mac')).toBe(true);
  expect(isSameClient('B\u00fcro-Mac', 'Buro-Mac')).toBe(false);
});

it.each([
  '\u200b',
  '\u00ad',
  '\ufeff',
  '\u2060',
  '\u202e',
  '\u034f',
  '\ufe0f',
  '\u115f',
  '\u0007',
  '\u0378',
  '\u2029',
  '\u{e0001}',
])('nobody sees %j', (character) => {
  expect(hasUnseenCharacter(`a${character}b`)).toBe(true);
});
