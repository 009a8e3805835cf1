import { createHmac } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { describe, expect, it } from 'vitest';
import {
  recoveryCodeNumber,
  recoveryCodes,
  showFactor,
  stepOfCode,
} from '../../../command-service/staff/people/second-factor.ts';

const FACTOR = '019afc2e-7a30-4b6e-9f14-3c5d8e1b2a70';
const OTHER = '019afc2e-7a30-4b6e-9f14-3c5d8e1b2a71';
/** As a vault derives: other bytes for each kind and id. */
const vault = {
  derive: async (kind: string, id: string) => createHmac('sha256', kind).update(id).digest(),
};
/** A vault whose factor is the secret of RFC 6238's appendix B. */
const published = { derive: async () => Buffer.from('12345678901234567890'.padEnd(32, 'x')) };

describe('a code', () => {
  // Appendix B has eight digits; six are the last of them.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at second %i is the one that RFC 6238 has: %s', async (second, code) => {
    expect(await stepOfCode(published, FACTOR, code, second * 1_000)).toBe(Math.floor(second / 30));
  });

  it('is good for its step, the one before and the one after, and says which it was', async () => {
    const { secret } = await showFactor(vault, FACTOR, 'ada@example.com');
    const at = 1_800_000_000_000;
    const step = at / 30_000;
    const totp = new TOTP({ secret: Secret.fromBase32(secret) });
    const found = (offset: number) =>
      stepOfCode(vault, FACTOR, totp.generate({ timestamp: at + offset * 30_000 }), at);
    expect(await Promise.all([-2, -1, 0, 1, 2].map(found))).toEqual([
      undefined,
      step - 1,
      step,
      step + 1,
      undefined,
    ]);
    expect(await stepOfCode(vault, OTHER, totp.generate({ timestamp: at }), at)).toBeUndefined();
  });

  it.each(['', '12345', '1234567', '12345a', '１２３４５６', '-12345'])('%j is none', async (code) => {
    expect(await stepOfCode(vault, FACTOR, code, 1_800_000_000_000)).toBeUndefined();
  });
});

describe('recovery codes', () => {
  it('are ten, each its own, and known however they are typed', async () => {
    const codes = await recoveryCodes(vault, FACTOR);
    expect(new Set(codes).size).toBe(10);
    for (const [i, code] of codes.entries()) {
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
      expect(await recoveryCodeNumber(vault, FACTOR, code)).toBe(i + 1);
      const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
      expect(await recoveryCodeNumber(vault, FACTOR, typed)).toBe(i + 1);
      expect(await recoveryCodeNumber(vault, OTHER, code)).toBeUndefined();
    }
    expect(await recoveryCodeNumber(vault, FACTOR, '')).toBeUndefined();
  });
});
