import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { newDataDirectory, spawnLauncher } from '../support/stack.ts';

describe('a day of a seller', () => {
  const data = newDataDirectory();
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('is played to its end: every answer is the expected one, and a rebuild is equal', async () => {
    const [port] = await freePorts(1);
    const { launcher, output } = spawnLauncher(['--day', '--data', data, '--port', String(port)]);
    await once(launcher, 'exit');
    expect(output()).toContain('That was the day.');
    expect(launcher.exitCode).toBe(0);
    // The scenes check what they were told; here, that they were played.
    for (const scene of [
      'license key',
      'takes the trial’s place',
      'two weeks',
      'suspends',
      'refund',
      'forgotten',
    ])
      expect(output().toLowerCase()).toContain(scene);
    expect(output()).toMatch(/users\t101\t101\tyes/);
    expect(output()).not.toMatch(/\tno$/m);
  }, 180_000);
});
