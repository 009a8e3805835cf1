import { RING_POLL_MS } from './key-ring.ts';
import { newRingEntry, type Ring, type RingEntry, signingEntry } from './ring-model.ts';

/**
 * From a withdrawal to its effect, in milliseconds. It takes effect at one moment on every node, each of which has
 * read the file by then: withdrawn at once, a key would still sign on the nodes that read the file last.
 */
export const SWITCH_MS = RING_POLL_MS + 1_000;

/** A key that signs from `leadMs` on; until then it is only published. Older ones go on verifying. */
export function rotated(ring: Ring, now: number, leadMs: number): { ring: Ring; added: RingEntry } {
  const added = newRingEntry(now, now + leadMs);
  return { ring: { keys: [...ring.keys, added] }, added };
}

export interface Withdrawal {
  readonly ring: Ring;
  readonly withdrawn: RingEntry;
  /** The key that signs from the withdrawal on. */
  readonly successor: RingEntry;
  /** Why it does: it signs anyway (or again), it waited and is due earlier now, or it was made for this. */
  readonly how: 'signs_anyway' | 'advanced' | 'made';
}

/**
 * Withdraws a key {@link SWITCH_MS} from now. There is always a key that signs afterwards: another one that may by
 * then, else the next waiting one, its time moved forward, else a new one.
 * @returns undefined if the ring has no such key or it is withdrawn already
 */
export function withdrawn(ring: Ring, kid: string, now: number): Withdrawal | undefined {
  const at = now + SWITCH_MS;
  const held = ring.keys.find((entry) => entry.kid === kid);
  if (!held || held.withdrawnAt !== undefined) return undefined;
  const entry = { ...held, withdrawnAt: new Date(at).toISOString() };
  const keys = ring.keys.map((key) => (key === held ? entry : key));
  const other = signingEntry({ keys }, at);
  if (other) return { ring: { keys }, withdrawn: entry, successor: other, how: 'signs_anyway' };
  const [next] = keys
    .filter((key) => key.withdrawnAt === undefined)
    .sort((a, b) => Date.parse(a.signsFrom) - Date.parse(b.signsFrom));
  if (!next) {
    const successor = newRingEntry(now, at);
    return { ring: { keys: [...keys, successor] }, withdrawn: entry, successor, how: 'made' };
  }
  const successor = { ...next, signsFrom: new Date(at).toISOString() };
  const advanced = keys.map((key) => (key === next ? successor : key));
  return { ring: { keys: advanced }, withdrawn: entry, successor, how: 'advanced' };
}
