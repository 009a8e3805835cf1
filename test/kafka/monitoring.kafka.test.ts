import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, isOfKafka, unknownNames } from '../integration/monitoring/exported.ts';
import { panelQueries } from '../integration/monitoring/files.ts';
import { addressesOf, type Prometheus, startPrometheus } from '../integration/monitoring/prometheus.ts';
import { eventually } from '../support/eventually.ts';
import { signUpLicensed, validate } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

let stack: LaunchedStack;
let prometheus: Prometheus;

beforeAll(async () => {
  stack = await launch({ args: ['--no-tour', '--kafka'] });
  prometheus = await startPrometheus(addressesOf(stack));
  // Prometheus sees a rise only between two looks, so what counts by labels has to be there before it rises.
  await validate(stack.url, await signUpLicensed(stack.url), true);
  await eventually('Prometheus has seen the first events in the topic', async () => {
    const seen = await prometheus.query('relay_events_total and on () projector_events_total');
    return seen.length > 0;
  });
  await validate(stack.url, await signUpLicensed(stack.url), true);
}, 180_000);

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  if (stack) await dispose(stack);
});

describe('Prometheus with the shipped files, beside the running system with Kafka', () => {
  it('every target is up, the relay among them, and every rule can be evaluated', async () => {
    await eventually('all rules were evaluated', async () => (await prometheus.brokenRules()).length === 0);
    const up = async () => (await prometheus.targets()).every(({ health }) => health === 'up');
    await eventually('every target is up', up);
    expect((await prometheus.targets()).map(({ job }) => job)).toContain('relay');
  });

  it('every metric, and every label, of a rule or a panel about Kafka is one that is exported', async () => {
    expect(await unknownNames(prometheus, isOfKafka)).toEqual([]);
  });

  it.each(
    panelQueries()
      .filter(({ expr }) => isOfKafka(expr))
      .map(({ panel, expr }) => [panel, expr]),
  )('%s has data', async (_panel, expr) => {
    await eventually(expr, () => hasData(prometheus, expr));
  });

  it('the alert of a relay that does not answer fires, and clears when it goes on', async () => {
    const pid = stack.processes().get('relay') as number;
    const fires = async () => (await prometheus.firing()).some((alert) => alert.startsWith('NoActiveRelay'));
    expect(await fires()).toBe(false);
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually('the alert fires', fires);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually('the alert clears', async () => !(await fires()), 60_000);
  });
});
