import { hash } from 'node:crypto';
import type { KnownAddresses } from '../../http/limits/failure-limit.ts';
import type { Logger } from '../../process/logger.ts';
import type { Redis } from './client.ts';

/** As long as people stay away between two uses of a program that they use. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;

/** A digest of both: whoever reads Redis learns neither. */
const keyOf = (account: string, address: string): string =>
  `known-address:${hash('sha256', `${account} ${address}`, 'base64url')}`;

/**
 * The addresses that accounts were reached from in the last 30 days, one key for each. An attacker can't make them grow,
 * because only a right answer is remembered. A Redis that is lost or unreachable knows of none: then an account that is
 * guessed at is out of reach for its owner too, for an hour at most.
 */
export function redisKnownAddresses(redis: Redis, logger: Logger): KnownAddresses {
  const failed = (err: unknown) => logger.warn({ err }, 'known_addresses_unreachable');
  return {
    async has(account, address) {
      try {
        return (await redis.exists(keyOf(account, address))) === 1;
      } catch (error) {
        failed(error);
        return false;
      }
    },
    remember(account, address) {
      redis.set(keyOf(account, address), '', 'PX', REMEMBERED_MS).catch(failed);
    },
  };
}
