import { expect, it } from 'vitest';
import { signUpLicensed } from '../../support/api.ts';
import { startCommandNode } from './command-node.ts';

it('signs up, subscribes and activates', async () => {
  await using node = await startCommandNode();
  const licensed = await signUpLicensed(node.url);
  expect(node.log.filter((line) => JSON.parse(line).level === 'warn')).toEqual([]);
  expect(licensed.activationKey).toMatch(/^ey/);
});
