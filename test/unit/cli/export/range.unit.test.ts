import { describe, expect, it } from 'vitest';
import type { Criteria } from '../../../../cli/replay/options/criteria.ts';
import { rangeOf } from '../../../../cli/replay/source/range.ts';

const at = (n: number) => ({ commit: BigInt(n), prepare: BigInt(n) });
const ALL: Criteria = { format: 'ndjson', types: [], users: [], plans: [], withPersonal: false };
const DAYS = { seen: { first: at(20), last: at(30) }, checkpoint: at(80) };
const END = at(100);

describe('the range of an export', () => {
  it('is the whole log, or from a position on, where nothing is known of days', () => {
    expect(rangeOf(ALL, END).stretches).toEqual([{ last: END }]);
    expect(rangeOf({ ...ALL, from: at(5), to: at(9) }, END).stretches).toEqual([
      { from: at(5), last: at(9) },
    ]);
    expect(rangeOf({ ...ALL, after: at(5), to: at(999) }, END).stretches).toEqual([
      { after: at(5), last: END },
    ]);
  });

  it('is what was seen of the days, and all that came since', () => {
    expect(rangeOf(ALL, END, DAYS).stretches).toEqual([
      { from: at(20), last: at(30) },
      { after: at(80), last: END },
    ]);
    expect(rangeOf(ALL, at(80), DAYS).stretches).toEqual([{ from: at(20), last: at(30) }]);
    expect(rangeOf(ALL, END, { seen: undefined, checkpoint: at(80) }).stretches).toEqual([
      { after: at(80), last: END },
    ]);
  });

  it.each([
    [
      { from: at(20) },
      [
        { from: at(20), last: at(30) },
        { after: at(80), last: END },
      ],
    ],
    [
      { after: at(20) },
      [
        { after: at(20), last: at(30) },
        { after: at(80), last: END },
      ],
    ],
    [{ after: at(30) }, [{ after: at(80), last: END }]],
    [{ from: at(30), to: at(60) }, [{ from: at(30), last: at(30) }]],
    [{ from: at(80) }, [{ after: at(80), last: END }]],
    [{ from: at(90) }, [{ from: at(90), last: END }]],
    [{ to: at(25) }, [{ from: at(20), last: at(25) }]],
    [{ to: at(20) }, [{ from: at(20), last: at(20) }]],
    [{ to: at(19) }, []],
    [{ after: at(100) }, []],
  ])('is no more than the positions allow: %o', (positions, stretches) => {
    expect(rangeOf({ ...ALL, ...positions }, END, DAYS).stretches).toEqual(stretches);
  });

  it('begins at the start where plans are asked for: which one a user is on is known from there', () => {
    const range = rangeOf({ ...ALL, plans: ['pro'], from: at(50) }, END);
    expect(range.stretches).toEqual([{ last: END }]);
    expect([at(49), at(50)].map(range.isBefore)).toEqual([true, false]);
  });

  it('says how much of it lies behind', () => {
    const { fraction } = rangeOf(ALL, END, DAYS);
    expect([at(20), at(29), at(30), at(80), at(95), at(100)].map(fraction)).toEqual([
      0,
      0.3,
      1 / 3,
      1 / 3,
      25 / 30,
      1,
    ]);
  });
});
