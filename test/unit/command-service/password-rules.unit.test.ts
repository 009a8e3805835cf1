import { expect, it } from 'vitest';
import { refuseGuessable } from '../../../command-service/accounts/password-rules.ts';
import { normaliseEmail } from '../../../shared/identity/email.ts';

const EMAIL = 'Ada.Lovelace@example.com';
const vault = { emailDigest: async (email: string) => `digest of ${normaliseEmail(email)}` };
const owner = { emailDigest: 'digest of ada.lovelace@example.com', email: 'ada.lovelace@example.com' };

async function fault(
  password: string,
  of: Parameters<typeof refuseGuessable>[2] = owner,
): Promise<string | undefined> {
  const refused = await refuseGuessable(vault, password, of, 'new_password');
  if (!refused) return undefined;
  const { rejection } = refused;
  return rejection.code === 'invalid_field' ? `${rejection.field} ${rejection.detail}` : rejection.code;
}

it.each(['password1', 'PassWord1', 'qwertyuiop', 'iloveyou', '1q2w3e4r', 'ｐａｓｓｗｏｒｄ', 'trustno1'])(
  'refuses %s, which is common, however it is written',
  async (password) => {
    expect(await fault(password)).toMatch(/^new_password is one of the most common passwords/);
  },
);

it.each([
  'zzzzzzzzzzzz',
  'xyxyxyxyxyxy',
  '73737373737373',
  '😀😀😀😀😀😀😀😀',
  'cdefghijklmn',
  '98765432',
  '23456789',
])('refuses %s, which is a pattern', async (password) => {
  expect(await fault(password)).toMatch(/is a simple pattern/);
});

it('refuses the own email in any of its forms, and its first part where it is known', async () => {
  for (const password of [EMAIL, 'ada.lovelace@example.com', 'ADA.LOVELACE'])
    expect(await fault(password)).toMatch(/is your own email address/);
  const { emailDigest } = owner;
  expect(await fault(EMAIL, { emailDigest })).toMatch(/is your own email address/);
  expect(await fault('ada.lovelace', { emailDigest })).toBeUndefined();
  expect(await fault('grace.hopper@example.com')).toBeUndefined();
});

it.each([
  'correct horse battery staple',
  'password1 on my way',
  'mon mot de passe',
  'abcdefgi',
  'Ada.Lovelace and I',
])('takes %s', async (password) => {
  expect(await fault(password)).toBeUndefined();
  expect(await fault(password, { emailDigest: '' })).toBeUndefined();
});
