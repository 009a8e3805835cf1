import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { updateHistoryTables } from '../../support/analysis/history-tables.ts';
import { appendAt, knownHistory } from '../history/moments.ts';
import { instant, newId, TERMS } from '../projector/author.ts';
import { createSystem, type System } from '../projector/system.ts';

const DAY = 86_400_000;

let system: System;
let known: Awaited<ReturnType<typeof knownHistory>>;
/** Entered after the moments of the guide, with a start before them. */
const late = newId(Date.now() - DAY);
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  known = await knownHistory(system);
  const { cleo, start } = known;
  await appendAt(cleo, start + 60_000, {
    type: 'SubscriptionStarted',
    data: {
      ...{ userId: cleo.userId, subscriptionId: late, product: 'app', plan: 'pro', terms: TERMS },
      ...{ quantity: 5, trial: false, startDate: instant(start - DAY), endDate: instant(start + 30 * DAY) },
    },
  });
  await updateHistoryTables(system);
});
afterAll(() => system[Symbol.asyncDispose]());

const guide = readFileSync(new URL('../../../docs/analysts.md', import.meta.url), 'utf8');
const [, section = ''] = /## Any moment, in SQL\n(.*?)\n## /s.exec(guide) ?? [];
const [grants = '', questions = ''] = Array.from(
  section.matchAll(/```sql\n(.*?)```/gs),
  ([, sql = '']) => sql,
);

/** The guide's statements, asked of this history: 1 June is before a suspension, and 1 July after it. */
function statements(): string[] {
  const { moments, ids } = known;
  const at = (i: number) => instant(moments[i]?.at ?? 0);
  const asked = questions
    .replaceAll('2026-06-01T00:00Z', at(4))
    .replaceAll('2026-07-01T00:00Z', at(6))
    .replaceAll('01a20da2-6ca1-78d8-bd76-81246e85a699', ids.pro);
  return asked.split(';').filter((text) => text.trim() !== '');
}

describe('the guide for analysts', () => {
  test('asks questions that are answered, once analysts are let in to the schema history alone', async () => {
    const { anna, start } = known;
    const role = `analysts_${start}`;
    await system.pool.query(`CREATE ROLE ${role}`);
    const client = await system.pool.connect();
    const ask = async (sql = '') => (await client.query(sql)).rows;
    try {
      const [now, then, gone, learned, story, ...rest] = statements();
      expect(rest).toEqual([]);
      await client.query(`SET ROLE ${role}`);
      await expect(ask(now)).rejects.toThrow(/permission denied/);
      await client.query(`RESET ROLE; ${grants.replaceAll('analysts', role)}; SET ROLE ${role}`);
      expect(await ask(`${now} ORDER BY 1, 2`)).toEqual([
        { product: 'app', plan_type: 'basic', sum: '1' },
        { product: 'app', plan_type: 'pro', sum: '6' },
      ]);
      expect(await ask(`${then} ORDER BY 1, 2`)).toEqual([
        { product: 'app', plan_type: 'basic', sum: '1' },
        { product: 'app', plan_type: 'pro', sum: '1' },
      ]);
      expect(await ask(gone)).toMatchObject([
        { user_id: anna.userId, plan_type: 'pro', status: 'suspended' },
      ]);
      expect(await ask(learned)).toEqual([{ subscription_id: late, reported: null, now: 'active' }]);
      expect((await ask(story)).map(({ status, cause_type }) => [status, cause_type])).toEqual([
        ['active', 'SubscriptionStarted'],
        ['suspended', 'SubscriptionSuspended'],
        ['suspended', 'SubscriptionCancelled'],
        ['suspended', 'UserErased'],
      ]);
      expect(await ask(`SELECT * FROM history.mrr(now(), now())`)).toEqual([]);
    } finally {
      await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
      client.release();
    }
  });
});
