import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PUBLISH_LEAD_MS, RING_POLL_MS } from '../../../shared/tokens/key-ring.ts';
import { rotated, SWITCH_MS, withdrawn } from '../../../shared/tokens/ring-changes.ts';
import {
  formatRings,
  isWithdrawn,
  keyState,
  newRing,
  newRings,
  parseRings,
  type Ring,
  type RingEntry,
  signingEntry,
} from '../../../shared/tokens/ring-model.ts';

const T0 = Date.parse('2026-03-01T12:00:00.000Z');
const states = (ring: Ring, now: number) => ring.keys.map((entry) => keyState(ring, entry, now));
const first = (ring: Ring): RingEntry => ring.keys[0] as RingEntry;

describe('rotation', () => {
  it('publishes a key first and signs with it after the lead', () => {
    const { ring } = rotated(newRing(T0), T0, PUBLISH_LEAD_MS);
    expect(states(ring, T0)).toEqual(['signing', 'waiting']);
    expect(states(ring, T0 + PUBLISH_LEAD_MS - 1)).toEqual(['signing', 'waiting']);
    expect(states(ring, T0 + PUBLISH_LEAD_MS)).toEqual(['verifying', 'signing']);
  });
});

describe('withdrawal', () => {
  it('of the only key makes another that signs from the same moment on', () => {
    const ring = newRing(T0);
    const made = withdrawn(ring, first(ring).kid, T0);
    expect(made?.how).toBe('made');
    expect(states(made?.ring as Ring, T0 + SWITCH_MS - 1)).toEqual(['signing', 'waiting']);
    expect(states(made?.ring as Ring, T0 + SWITCH_MS)).toEqual(['withdrawn', 'signing']);
  });

  it('moves the time of a waiting key forward', () => {
    const { ring } = rotated(newRing(T0), T0, PUBLISH_LEAD_MS);
    const change = withdrawn(ring, first(ring).kid, T0);
    expect(change?.how).toBe('advanced');
    expect(change?.ring.keys).toHaveLength(2);
    expect(states(change?.ring as Ring, T0 + SWITCH_MS)).toEqual(['withdrawn', 'signing']);
  });

  it('lets an older key sign again, which every verifier has', () => {
    const { ring, added } = rotated(newRing(T0), T0, PUBLISH_LEAD_MS);
    const change = withdrawn(ring, added.kid, T0 + PUBLISH_LEAD_MS);
    expect(change?.how).toBe('signs_anyway');
    expect(states(change?.ring as Ring, T0 + PUBLISH_LEAD_MS + SWITCH_MS)).toEqual(['signing', 'withdrawn']);
  });

  it('happens once', () => {
    const ring = newRing(T0);
    const change = withdrawn(ring, first(ring).kid, T0);
    expect(withdrawn(change?.ring as Ring, first(ring).kid, T0 + 1)).toBeUndefined();
    expect(withdrawn(ring, 'unknown', T0)).toBeUndefined();
  });
});

type Step = { readonly wait: number; readonly withdraw: number | undefined };
const steps = fc.array(
  fc.record({
    wait: fc.integer({ min: 0, max: 2 * PUBLISH_LEAD_MS }),
    withdraw: fc.option(fc.nat(), { nil: undefined }),
  }),
  { maxLength: 12 },
);

/** The ring after each step, with the time from which the file holds it. */
function historyOf(plan: readonly Step[]): { readonly at: number; readonly ring: Ring }[] {
  const history = [{ at: T0, ring: newRing(T0) }];
  for (const { wait, withdraw } of plan) {
    const last = history.at(-1) as { at: number; ring: Ring };
    const now = last.at + wait;
    const kid = withdraw === undefined ? undefined : last.ring.keys[withdraw % last.ring.keys.length]?.kid;
    const ring = kid ? withdrawn(last.ring, kid, now)?.ring : rotated(last.ring, now, PUBLISH_LEAD_MS).ring;
    history.push({ at: now, ring: ring ?? last.ring });
  }
  return history;
}

describe('nodes that read the file at different times', () => {
  it('always have a key to sign with, and every other node accepts it at that moment', () => {
    const lag = fc.integer({ min: 0, max: RING_POLL_MS });
    fc.assert(
      fc.property(steps, lag, lag, (plan, mine, yours) => {
        const history = historyOf(plan);
        const seen = (now: number) => (history.findLast(({ at }) => at <= now) ?? history[0])?.ring as Ring;
        const moments = history.flatMap(({ ring, at }) => [
          at,
          ...ring.keys.flatMap((key) => [
            Date.parse(key.signsFrom),
            Date.parse(key.withdrawnAt ?? key.signsFrom),
          ]),
        ]);
        for (const moment of moments.flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= T0)) {
          const signing = signingEntry(seen(moment - mine), moment);
          const known = seen(moment - yours).keys.find((entry) => entry.kid === signing?.kid);
          expect(known && !isWithdrawn(known, moment)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the file', () => {
  it('is read back as it was written', () => {
    const rings = { ...newRings(T0), lease: rotated(newRing(T0), T0, PUBLISH_LEAD_MS).ring };
    expect(parseRings(formatRings(rings))).toEqual(rings);
  });

  it('names what is wrong and shows no key', () => {
    const ring = newRing(T0);
    const broken = JSON.stringify({ keys: [{ ...first(ring), signsFrom: 'now' }] });
    expect(() => parseRings(broken)).toThrow(/signsFrom/);
    expect(() => parseRings(broken)).not.toThrow(first(ring).jwk.d);
    expect(() => parseRings(JSON.stringify({ keys: [first(ring), first(ring)] }))).toThrow(/twice/);
    expect(() => parseRings('{"keys":[]}')).toThrow();
  });
});

describe('a text that is no ring', () => {
  it('is refused without a piece of the keys in it', () => {
    const ring = newRing(T0);
    const secret = first(ring).jwk.d;
    for (const broken of [
      JSON.stringify(ring).replace(`"${secret}"`, secret),
      JSON.stringify(ring).replace(`"${secret}"`, `"${secret}x"`),
    ]) {
      const refusal = expect.objectContaining({ message: expect.not.stringContaining(secret.slice(0, 4)) });
      expect(() => parseRings(broken)).toThrow(refusal);
    }
  });
});
