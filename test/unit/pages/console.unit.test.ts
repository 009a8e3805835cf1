import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idempotencyKeys } from '../../../query-service/pages/console/actions/idempotency.ts';
import { meanings } from '../../../query-service/pages/console/customers/search.ts';
import { everyDay } from '../../../query-service/pages/console/stats/day-count.ts';
import { roundUp } from '../../../query-service/pages/console/stats/scale.ts';

describe('what somebody looks for', () => {
  it.each([
    ['7k3qf 9v2mx d84tn c6rpa j1wez', ['license_key', 'client_id', 'external_id']],
    ['7K3QF-9V2MX-D84TN-C6RPA-J1WEZ', ['license_key', 'client_id', 'external_id']],
    ['ada@exam', ['email_prefix']],
    ['ada', ['email_prefix', 'client_id', 'external_id']],
    ['019afc2e-9c41-7d02-8a3b-5e6f7a8b9c0d', ['id', 'license_id', 'client_id', 'external_id']],
    ['  ', []],
  ])('%j may be %j', (typed, expected) => {
    expect(meanings(typed, true)).toEqual(expected);
  });

  it('is no email and no key for who may not read customers', () => {
    for (const typed of ['ada@exam', 'ada', '7K3QF-9V2MX-D84TN-C6RPA-J1WEZ'])
      expect(meanings(typed, false)).not.toContain(expect.stringMatching(/email|key/));
  });
});

describe('the Idempotency-Key of a form', () => {
  const command = fc.record({ months: fc.nat(3), reason: fc.constantFrom('a', 'b') });

  it('is the same for the same command in a row, and never one of another command', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 2, maxLength: 20 }), (commands) => {
        let count = 0;
        const keyFor = idempotencyKeys(() => String(count++));
        const keys = commands.map(keyFor);
        for (const [index, one] of commands.entries()) {
          const isRepeat = JSON.stringify(one) === JSON.stringify(commands[index - 1]);
          if (index > 0) expect(keys[index] === keys[index - 1]).toBe(isRepeat);
          const others = keys.filter((_, at) => JSON.stringify(commands[at]) !== JSON.stringify(one));
          expect(others).not.toContain(keys[index]);
        }
      }),
    );
  });
});

describe('plots', () => {
  it('have every day, those without any too, the last one being today', () => {
    const now = Date.parse('2026-03-01T00:30:00Z');
    expect(everyDay([{ day: '2026-02-27', count: 4 }], 3, now)).toEqual([
      { day: '2026-02-27', count: 4 },
      { day: '2026-02-28', count: 0 },
      { day: '2026-03-01', count: 0 },
    ]);
  });

  it('end at a round number that nothing is above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), (value) => {
        const top = roundUp(value);
        expect(top).toBeGreaterThanOrEqual(value);
        expect(top).toBeLessThan(value * 2.5 + 1);
        expect(String(top)).toMatch(/^[125]0*$/);
      }),
    );
  });
});
