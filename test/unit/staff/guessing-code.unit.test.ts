import { expect, it } from 'vitest';
import { type Outcome, refused } from '../../../command-service/execute/requests.ts';
import { guessingCode } from '../../../command-service/staff/people/signing-in.ts';
import { FailureLimit } from '../../../shared/http/limits/failure-limit.ts';
import { RateLimiter } from '../../../shared/http/limits/rate-limit.ts';
import { createLogger } from '../../../shared/process/logger.ts';

function limitOf(perAccount: number) {
  const remembered = new Set<string>();
  const logger = createLogger({ service: 'test', level: 'silent' });
  return new FailureLimit({
    limiter: new RateLimiter({ clock: () => 0, logger, windowMs: 3_600_000 }),
    perAddress: 100,
    perAccount,
    known: {
      has: async (account, address) => remembered.has(`${account} ${address}`),
      remember: (account, address) => void remembered.add(`${account} ${address}`),
    },
    onRefused: () => undefined,
  });
}

it('an expired ticket makes no address the owner’s, from which more codes could be guessed', async () => {
  const guesses = limitOf(2);
  const from = (address: string, outcome: Outcome) =>
    guessingCode(guesses, 'ada', { address }, async () => outcome);
  const [wrongCode, expired] = [
    refused({ code: 'wrong_code' }),
    refused({ code: 'one_time_token_invalid' }),
  ] as const;
  await from('203.0.113.1', expired);
  for (const n of [2, 3]) await from(`203.0.113.${n}`, wrongCode);
  await expect(from('203.0.113.1', wrongCode)).rejects.toThrow('Too many');
});
