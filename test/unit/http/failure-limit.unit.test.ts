import { expect, it } from 'vitest';
import { FailureLimit, type Guess } from '../../../shared/http/limits/failure-limit.ts';
import { RateLimiter } from '../../../shared/http/limits/rate-limit.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const HOUR_MS = 3_600_000;

function doorkeeper({ perAddress = 100, perAccount = 100 } = {}) {
  const time = { now: 1_000 * HOUR_MS };
  const remembered = new Set<string>();
  const refused: string[] = [];
  const limit = new FailureLimit({
    limiter: new RateLimiter({ clock: () => time.now, logger, windowMs: HOUR_MS }),
    perAddress,
    perAccount,
    known: {
      has: async (account, address) => remembered.has(`${account} ${address}`),
      remember: (account, address) => void remembered.add(`${account} ${address}`),
    },
    onRefused: (kind) => void refused.push(kind),
  });
  const guess = (address: string, account?: string): Guess => ({ kind: 'password', address, account });
  /** What came of it: `right`, `wrong`, or the seconds to wait. */
  const say = async (isRight: boolean, address: string, account?: string): Promise<string> => {
    try {
      const answer = async () => isRight;
      return (await limit.attempt(guess(address, account), answer, (right) => !right)) ? 'right' : 'wrong';
    } catch (error) {
      return `wait ${(error as Problem).options.headers?.['Retry-After']}`;
    }
  };
  const wrong = (address: string, account?: string) => say(false, address, account);
  const right = (address: string, account?: string) => say(true, address, account);
  return { time, refused, limit, guess, wrong, right };
}

it('an address may be wrong so often in an hour, whatever it guesses at; a /64 of IPv6 is one address', async () => {
  const { wrong, right, time, refused } = doorkeeper({ perAddress: 2 });
  expect(await wrong('2001:db8:1:2::1', 'ada')).toBe('wrong');
  expect(await right('2001:db8:1:2::2', 'bob')).toBe('right');
  expect(await wrong('2001:db8:1:2::3', 'eve')).toBe('wrong');
  time.now += HOUR_MS - 10_000;
  expect(await right('2001:db8:1:2::4', 'bob')).toBe('wait 10');
  expect(await right('2001:db8:1:3::1', 'bob')).toBe('right');
  expect(refused).toEqual(['password']);
  time.now += 10_000;
  expect(await right('2001:db8:1:2::4', 'bob')).toBe('right');
});

it('an account is out of reach once it was guessed at too often from anywhere, but for who was right before', async () => {
  const { wrong, right, time } = doorkeeper({ perAccount: 3 });
  expect(await right('203.0.113.1', 'ada')).toBe('right');
  for (const n of [1, 2, 3]) expect(await wrong(`198.51.100.${n}`, 'ada')).toBe('wrong');
  expect(await right('198.51.100.4', 'ada')).toBe('wait 3600');
  expect(await right('198.51.100.4', 'bob')).toBe('right');
  expect(await right('203.0.113.1', 'ada')).toBe('right');
  // Its own limit: a neighbour's guesses end there too.
  for (const _ of [1, 2, 3]) expect(await wrong('203.0.113.1', 'ada')).toBe('wrong');
  expect(await right('203.0.113.1', 'ada')).toBe('wait 3600');
  time.now += HOUR_MS;
  expect(await right('198.51.100.4', 'ada')).toBe('right');
});

it('a thousand attempts at once are no more guesses than one after another', async () => {
  const { limit, guess, right } = doorkeeper({ perAccount: 5 });
  let tried = 0;
  const verdict = Promise.withResolvers<boolean>();
  const answer = () => {
    tried += 1;
    return verdict.promise;
  };
  const attempts = Array.from({ length: 1_000 }, (_, n) =>
    limit
      .attempt(guess(`2001:db8:0:${n.toString(16)}::1`, 'ada'), answer, (isRight) => !isRight)
      .catch((error) => error),
  );
  expect(await right('203.0.113.1', 'ada')).toBe('wait 1');
  verdict.resolve(false);
  const answers = await Promise.all(attempts);
  expect(tried).toBe(5);
  expect(answers.filter((each) => each instanceof Problem && each.code === 'rate_limited')).toHaveLength(995);
  expect(await right('203.0.113.1', 'ada')).toBe('wait 3600');
});

it('what was right or failed for another reason takes nothing from the limit', async () => {
  const { limit, guess, right } = doorkeeper({ perAddress: 1, perAccount: 1 });
  const fail = () => Promise.reject(new Error('no answer'));
  for (const _ of [1, 2])
    await expect(limit.attempt(guess('203.0.113.1', 'ada'), fail, () => true)).rejects.toThrow('no answer');
  for (const _ of [1, 2]) expect(await right('203.0.113.1', 'ada')).toBe('right');
});
