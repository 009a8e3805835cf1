import { expect, it } from 'vitest';
import { refuseGuessable } from '../../../command-service/accounts/password-rules.ts';

const EMAIL = 'ada.lovelace@xn--bcher-kva.example';

function fault(password: string, email: string | null = EMAIL): string | undefined {
  const refused = refuseGuessable(password, email, 'new_password');
  if (!refused) return undefined;
  const { rejection } = refused;
  return rejection.code === 'invalid_field' ? `${rejection.field} ${rejection.detail}` : rejection.code;
}

it.each(['password1', 'PassWord1', 'qwertyuiop', 'iloveyou', '1q2w3e4r', 'ｐａｓｓｗｏｒｄ', 'trustno1'])(
  'refuses %s, which is common, however it is written',
  (password) => {
    expect(fault(password)).toMatch(/^new_password is one of the most common passwords/);
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
])('refuses %s, which is a pattern', (password) => {
  expect(fault(password)).toMatch(/is a simple pattern/);
});

it('refuses the own email in any of its forms, and its first part', () => {
  for (const password of [EMAIL, 'Ada.Lovelace@BÜCHER.example', 'ADA.LOVELACE'])
    expect(fault(password)).toMatch(/is your own email address/);
  expect(fault('grace.hopper@example.com')).toBeUndefined();
});

it.each([
  'correct horse battery staple',
  'password1 on my way',
  'mon mot de passe',
  'abcdefgi',
  'Ada.Lovelace and I',
])('takes %s', (password) => {
  expect(fault(password)).toBeUndefined();
  expect(fault(password, null)).toBeUndefined();
});
