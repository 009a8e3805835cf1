import { describe, expect, it } from 'vitest';
import { createFindLicenseKey } from '../../../command-service/license-keys/find.ts';
import type { Guess, Guesses } from '../../../shared/http/limits/failure-limit.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';

const HOLDER = { userId: 'u', id: 'k' };

/** A log in which `known` is reserved, and how often it was asked. */
function given(known: string, limit = Number.POSITIVE_INFINITY) {
  const asked: string[] = [];
  const wrong: Guess[] = [];
  const guesses: Guesses = {
    async attempt(guess, attempt, isWrong) {
      if (wrong.length >= limit) throw new Problem('rate_limited');
      const result = await attempt();
      if (isWrong(result)) wrong.push(guess);
      return result;
    },
  };
  const find = createFindLicenseKey(
    {
      async holderOf(hash) {
        asked.push(hash);
        await new Promise((resolve) => setImmediate(resolve));
        return hash === known ? HOLDER : undefined;
      },
    },
    guesses,
  );
  return { find, asked, wrong };
}

describe('finding a license key', () => {
  it('asks the log once for two hundred machines of one office, and is no guess', async () => {
    const { find, asked, wrong } = given('good');
    const found = await Promise.all(Array.from({ length: 200 }, () => find('good', '192.0.2.1')));
    expect(new Set(found)).toEqual(new Set([HOLDER]));
    expect(await find('good', '192.0.2.2')).toBe(HOLDER);
    expect(asked).toEqual(['good']);
    expect(wrong).toEqual([]);
  });

  it('counts one that is not there as a guess of its address, an IPv6 address as its network', async () => {
    const { find, asked, wrong } = given('good');
    expect(await find('bad', '192.0.2.1')).toBeUndefined();
    expect(await find('bad', '192.0.2.1')).toBeUndefined();
    await Promise.all(
      ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'].map((address) => find('bad', address)),
    );
    expect(asked).toHaveLength(4);
    expect(wrong.map(({ kind }) => kind)).toEqual(Array(4).fill('license_key'));
  });

  it('does not ask the log for who has guessed too often, and still knows a good key', async () => {
    const { find, asked } = given('good', 2);
    await find('good', '192.0.2.1');
    await find('bad1', '192.0.2.1');
    await find('bad2', '192.0.2.1');
    await expect(find('bad3', '192.0.2.1')).rejects.toMatchObject({ code: 'rate_limited' });
    expect(asked).toEqual(['good', 'bad1', 'bad2']);
    expect(await find('good', '192.0.2.1')).toBe(HOLDER);
  });
});
