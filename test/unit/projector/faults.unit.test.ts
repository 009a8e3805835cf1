import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../../projector/write/decode.ts';
import { findRefused, isRefusal, isTransient, refusalCause } from '../../../projector/write/faults.ts';

const databaseError = (code: string, extra = {}) => Object.assign(new Error('no'), { code, ...extra });
const event = (userId: string, revision: number) => ({ userId, recorded: { revision } }) as DecodedEvent;

describe('the event at fault', () => {
  test('is found among any number of users and events, with few rehearsals', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        async (sizes, userPick, eventPick) => {
          const events = sizes.flatMap((size, user) =>
            Array.from({ length: size }, (_, n) => event(`u${user}`, n)),
          );
          const user = userPick % sizes.length;
          const bad = eventPick % (sizes[user] as number);
          let rehearsals = 0;
          const found = await findRefused(events, async (some) => {
            rehearsals++;
            const refused = some.some(
              ({ userId, recorded }) => userId === `u${user}` && recorded.revision === bad,
            );
            return refused ? databaseError('23505') : undefined;
          });
          expect(found?.event).toMatchObject({ userId: `u${user}`, recorded: { revision: bad } });
          expect(rehearsals).toBeLessThanOrEqual(
            Math.ceil(Math.log2(sizes.length)) + Math.ceil(Math.log2(30)) + 2,
          );
        },
      ),
    );
  });

  test('is nobody’s if it passes alone', async () => {
    expect(await findRefused([event('a', 0), event('b', 0)], async () => undefined)).toBeUndefined();
  });
});

describe('errors of PostgreSQL', () => {
  test.each([
    ['23505', true, false],
    ['22P05', true, false],
    ['54000', true, false],
    ['40P01', false, true],
    ['42P01', false, false],
    ['57P01', false, false],
    ['ECONNREFUSED', false, false],
  ])('%s: refusal %s, transient %s', (code, refusal, transient) => {
    expect(isRefusal(databaseError(code))).toBe(refusal);
    expect(isTransient(databaseError(code))).toBe(transient);
  });

  test('are told without the values that they quote', () => {
    const error = databaseError('23505', { constraint: 'licenses_client', detail: 'Key (email)=(a@b.c)' });
    if (!isRefusal(error)) throw new Error('not a refusal');
    expect(refusalCause(error)).toBe('PostgreSQL refused its rows: no (licenses_client)');
  });
});
