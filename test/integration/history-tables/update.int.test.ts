import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { updateHistoryTables } from '../../support/history-tables.ts';
import { history } from '../projector/history.ts';
import { createSystem, type System, tool } from '../projector/system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const one = async (sql: string) => (await system.pool.query(sql)).rows[0];

describe('cli history-tables update', () => {
  test('makes the tables, and brings them to where the log ends', async () => {
    const position = await history(system, 10);
    const made = await tool(system, 'history-tables', 'update');
    expect(made).toMatchObject({ code: 0, stdout: '' });
    expect(made.stderr).toContain(`hold everything up to ${position}`);
    const checkpoint =
      "SELECT last_event_commit || '/' || last_event_prepare AS at FROM history_fold.checkpoints";
    expect(await one(checkpoint)).toEqual({ at: position });

    const later = await history(system, 2);
    await updateHistoryTables(system);
    expect(await one(checkpoint)).toEqual({ at: later });
    // Nobody's email, name or client's name: they are never opened.
    const { rowCount } = await system.pool.query(
      `SELECT email FROM history_fold.users WHERE email IS NOT NULL
       UNION ALL SELECT client_name FROM history_fold.licenses WHERE client_name IS NOT NULL`,
    );
    expect(rowCount).toBe(0);
  });
});
