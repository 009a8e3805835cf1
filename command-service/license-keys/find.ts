import { LRUCache } from 'lru-cache';
import { addressKey } from '../../shared/http/limits/client-address.ts';
import type { Guesses } from '../../shared/http/limits/failure-limit.ts';
import type { Holders } from '../reservations/kinds.ts';
import type { LicenseKeys } from './license-keys.ts';

/** Whose license key has this `licenseKeyHash`, and its id; undefined where there is none. */
export type FindLicenseKey = (hash: string, address: string) => Promise<Holders['key'] | undefined>;

/** About 300 bytes each. */
const MAX_KNOWN = 20_000;

/**
 * Finds license keys by what was typed. One that isn't there counts as a guess of its address, and too many are refused
 * before the log is asked. What was found is remembered: it never changes, and two hundred machines that activate with one
 * key ask the log once.
 */
export function createFindLicenseKey(
  { holderOf }: Pick<LicenseKeys, 'holderOf'>,
  guesses: Guesses,
): FindLicenseKey {
  const known = new LRUCache<string, Holders['key']>({ max: MAX_KNOWN });
  const underWay = new Map<string, Promise<Holders['key'] | undefined>>();

  /** Attempts under way count as wrong ones: the same one is made once, or a large office would shut itself out. */
  function ask(hash: string, address: string) {
    const name = `${hash}/${addressKey(address)}`;
    const asked = underWay.get(name);
    if (asked) return asked;
    const asking = guesses
      .attempt(
        { kind: 'license_key', address },
        () => holderOf(hash),
        (holder) => holder === undefined,
      )
      .finally(() => underWay.delete(name));
    underWay.set(name, asking);
    return asking;
  }

  return async (hash, address) => {
    const holder = known.get(hash) ?? (await ask(hash, address));
    if (holder) known.set(hash, holder);
    return holder;
  };
}
