import { hash } from 'node:crypto';
import type { KnownAddresses } from '../../http/limits/failure-limit.ts';
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
export function redisKnownAddresses(redis: Redis): KnownAddresses {
  return {
    async has(account, address) {
      return (await redis.exists(keyOf(account, address)).catch(() => 0)) === 1;
    },
    remember(account, address) {
      redis.set(keyOf(account, address), '', 'PX', REMEMBERED_MS).catch(() => undefined);
    },
  };
}
