import { expect, it } from 'vitest';
import { commandSettings } from '../../../command-service/config.ts';

it('writes no event shape that the release before can’t read, until an operator says so', () => {
  expect(commandSettings.shape.EVENT_SCHEMA_LEVEL.parse(undefined)).toBe(1);
});
