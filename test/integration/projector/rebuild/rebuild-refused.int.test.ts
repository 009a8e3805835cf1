import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { switchSchemas } from '../../../../projector/rebuild/switch.ts';
import { loadCheckpoint } from '../../../../projector/write/checkpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { history } from '../history.ts';
import { createSystem, type System, tool } from '../system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const generation = async () =>
  (await system.pool.query('SELECT generation FROM read_model.checkpoints')).rows[0].generation;

describe('a rebuild', () => {
  test('that was interrupted starts again where an operator has let go of what it had parked', async () => {
    await system.project();
    await history(system, 10);
    // A difference leaves what was built, with the event parked in it.
    const tamper = (name: string) =>
      system.pool.query(`UPDATE read_model.activations_by_day SET activations = activations ${name} 1`);
    await tamper('+');
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 1 });
    await tamper('-');
    const { rows } = await system.pool.query('SELECT event_id FROM read_model_next.parked_events');
    await tool(system, 'parked', 'skip', rows[0].event_id);
    await eventually(
      'settled',
      async () => (await system.pool.query('SELECT FROM read_model.parked_events')).rowCount === 0,
    );
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
    expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(0);
  });

  test('never goes back: what was skipped after the comparison is not parked again', async () => {
    const projector = await system.project();
    await history(system, 10);
    await projector.stop();
    expect(await tool(system, 'rebuild', '--keep-old')).toMatchObject({ code: 0 });
    // As if the skip had been settled in between: the old read models are the live ones, and have let it go.
    await system.pool.query(
      `INSERT INTO read_model_old.skipped_events SELECT event_id, user_id, revision, type, cause, created_at
       FROM read_model_old.parked_events`,
    );
    const switching = switchSchemas({
      pool: system.pool,
      schemas: [{ live: 'read_model_old', next: 'read_model', old: 'read_model_older' }],
      force: false,
      catchUp: () => loadCheckpoint(system.pool, 'read_model'),
    });
    await expect(switching).rejects.toMatchObject({ code: 'rebuild_behind' });
  });

  test('never goes back: a live checkpoint that the log does not reach is refused', async () => {
    const projector = await system.project();
    await history(system, 2);
    await projector.stop();
    await system.pool.query(
      'UPDATE read_model.checkpoints SET last_event_id = $1, last_event_commit = 900000, last_event_prepare = 900000',
      [randomUUID()],
    );
    expect(await tool(system, 'rebuild')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force'),
    });
    expect(await generation()).toBe(0);
  });

  test('never goes back: what the live read models gained meanwhile has to be applied before the switch', async () => {
    const projector = await system.project();
    await history(system, 2);
    await projector.stop();
    expect(await tool(system, 'rebuild', '--keep-old')).toMatchObject({ code: 0 });
    const live = await loadCheckpoint(system.pool, 'read_model');
    await system.pool.query(
      'UPDATE read_model_old.checkpoints SET last_event_commit = 1, last_event_prepare = 1, position_commit = 1, position_prepare = 1',
    );
    const asked: unknown[] = [];
    const switching = switchSchemas({
      pool: system.pool,
      schemas: [{ live: 'read_model', next: 'read_model_old', old: 'read_model_older' }],
      force: false,
      catchUp: (to) => {
        asked.push(to);
        return loadCheckpoint(system.pool, 'read_model_old');
      },
    });
    await expect(switching).rejects.toMatchObject({ code: 'rebuild_behind' });
    expect(asked).toEqual([live]);
    expect(await loadCheckpoint(system.pool, 'read_model')).toEqual(live);
  });

  test('names who uses the tables for so long that nothing can be switched', async () => {
    const projector = await system.project();
    await history(system, 2);
    await projector.stop();
    await tool(system, 'rebuild', '--keep-old');
    const analyst = await system.pool.connect();
    await analyst.query("SET application_name = 'of an analyst'; BEGIN; SELECT FROM read_model.users");
    const switching = switchSchemas({
      pool: system.pool,
      schemas: [{ live: 'read_model_old', next: 'read_model', old: 'read_model_older' }],
      force: true,
      catchUp: () => loadCheckpoint(system.pool, 'read_model'),
      attempts: 1,
    });
    await expect(switching).rejects.toMatchObject({
      code: 'rebuild_tables_in_use',
      message: expect.stringMatching(/^ {2}pid \d+, \w+ \(of an analyst\), since 20/m),
    });
    analyst.release(true);
  });

  test('refuses what does not go together', async () => {
    expect(await tool(system, 'rebuild', '--compare-only', '--force')).toMatchObject({ code: 2 });
    expect(await tool(system, 'rebuild', '--nonsense')).toMatchObject({ code: 2 });
  });
});

describe('what analysts have hung on the read models', () => {
  const HUNG = `
    CREATE SCHEMA analysts;
    CREATE VIEW analysts.active AS SELECT user_id FROM read_model.users WHERE status = 'active';
    CREATE VIEW analysts.of_a_view AS SELECT count(*) AS count FROM analysts.active;
    CREATE MATERIALIZED VIEW analysts.kept AS SELECT plan_type FROM read_model.subscriptions;
    CREATE VIEW read_model.inside AS SELECT user_id FROM read_model.users;
    CREATE TABLE read_model.notes (note text);`;
  const NAMES = [
    'materialized view analysts.kept',
    'table read_model.notes',
    'view analysts.active',
    'view read_model.inside',
  ];

  test('is never dropped in silence: a rebuild is refused, and names it', async () => {
    const projector = await system.project();
    await history(system, 5);
    await projector.stop();
    await system.pool.query(HUNG);
    const { code, stderr } = await tool(system, 'rebuild');
    expect(code).toBe(1);
    for (const name of NAMES) expect(stderr).toContain(`  ${name}\n`);
    expect(stderr).not.toContain('index');
    expect(stderr).not.toContain('constraint');
    expect((await system.pool.query('SELECT FROM analysts.active')).rowCount).toBeGreaterThan(0);
    expect(await generation()).toBe(0);
    // A comparison drops nothing.
    expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });

    expect(await tool(system, 'rebuild', '--drop-dependents')).toMatchObject({ code: 0 });
    expect(await generation()).toBe(1);
    const { rows } = await system.pool.query("SELECT to_regclass('analysts.active') AS view");
    expect(rows).toEqual([{ view: null }]);
  });

  test('is looked for again at the switch: a view that was made meanwhile stops it', async () => {
    const projector = await system.project();
    await history(system, 2);
    await projector.stop();
    await tool(system, 'rebuild', '--keep-old');
    await system.pool.query('CREATE VIEW public.late AS SELECT user_id FROM read_model_old.users');
    const switching = switchSchemas({
      pool: system.pool,
      schemas: [{ live: 'read_model_old', next: 'read_model', old: 'read_model_older' }],
      force: true,
      catchUp: () => loadCheckpoint(system.pool, 'read_model'),
    });
    await expect(switching).rejects.toMatchObject({ code: 'rebuild_dependents' });
  });
});
