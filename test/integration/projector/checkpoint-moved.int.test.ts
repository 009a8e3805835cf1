import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { createSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

/** 50, 100, 200, 400 and 800 ms lie between the first six. */
const TRIES = 6;
const AT_LEAST_MS = 1_500;

test('a checkpoint that is never where it was read is not asked for again and again without a pause', async () => {
  await system.pool.query(`
    CREATE FUNCTION read_model.elsewhere() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER elsewhere BEFORE UPDATE ON read_model.checkpoints
      FOR EACH ROW EXECUTE FUNCTION read_model.elsewhere()`);
  const moved: number[] = [];
  const destination = {
    write: (line: string) => {
      if (JSON.parse(line).msg === 'checkpoint_moved') moved.push(performance.now());
    },
  };
  const logger = createLogger({ service: 'projector', level: 'info', destination });
  const projector = await startProjector({ config: readProjectorConfig(system.env()), logger });
  try {
    await system.author().signUp();
    await eventually('it has tried several times', () => moved.length >= TRIES);
    expect((moved[TRIES - 1] as number) - (moved[0] as number)).toBeGreaterThan(AT_LEAST_MS);
    await system.pool.query('DROP TRIGGER elsewhere ON read_model.checkpoints');
    await eventually(
      'it goes on',
      async () => (await system.pool.query('SELECT FROM read_model.users')).rowCount === 1,
    );
  } finally {
    await projector.stop();
  }
});
