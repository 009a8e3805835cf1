import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ask, signUpLicensed, validate } from '../../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { hasData, isOfEverywhere, unknownNames } from './exported.ts';
import { panelQueries } from './files.ts';
import { addressesOf, type Prometheus, startPrometheus } from './prometheus.ts';

let stack: LaunchedStack;
let prometheus: Prometheus;

/** Something of everything that panels show. */
async function traffic(): Promise<void> {
  const licensed = await signUpLicensed(stack.url);
  for (let n = 0; n < 5; n++) await validate(stack.url, licensed, true);
  for (let n = 0; n < 4; n++) await ask(stack.url, '/v1/me', { token: licensed.token });
}

beforeAll(async () => {
  stack = await launch({ args: ['--no-tour'] });
  prometheus = await startPrometheus(addressesOf(stack));
  await eventually('every target was asked once', async () => {
    const targets = await prometheus.targets();
    return targets.length > 0 && targets.every(({ health }) => health !== 'unknown');
  });
  // Prometheus sees a rise only between two looks, so what counts by labels has to be there before it rises.
  await traffic();
  await eventually('Prometheus has seen all of it', async () => {
    const seen = await prometheus.query(`sum(projector_events_total) and sum(append_duration_seconds_count)
      and count(http_request_duration_seconds_count{job="query-service",route="/v1/me"}) == 2`);
    return seen.length > 0;
  });
  await traffic();
}, 120_000);

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  if (stack) await dispose(stack);
});

describe('Prometheus with the shipped files, beside the running system', () => {
  it('every target is up: each replica of each service', async () => {
    const targets = await prometheus.targets();
    expect(targets.filter(({ health }) => health !== 'up')).toEqual([]);
    const jobs = Object.fromEntries(
      Map.groupBy(targets, ({ job }) => job)
        .entries()
        .map(([job, all]) => [job, all.length]),
    );
    expect(jobs).toEqual({
      'command-service': 1,
      'query-service': 2,
      projector: 1,
      notifier: 1,
      node: 1,
      prometheus: 1,
    });
  });

  it('every rule can be evaluated', async () => {
    await eventually('all rules were evaluated', async () => (await prometheus.brokenRules()).length === 0);
  });

  it('every metric, and every label, of a rule or a panel is one that is exported', async () => {
    expect(await unknownNames(prometheus, isOfEverywhere)).toEqual([]);
  });

  it.each(
    panelQueries()
      .filter(({ expr }) => isOfEverywhere(expr))
      .map(({ panel, expr }) => [panel, expr]),
  )('%s has data', async (_panel, expr) => {
    await eventually(expr, () => hasData(prometheus, expr));
  });

  it('an alert fires when its cause is made, and clears when it is gone', async () => {
    const pid = stack.processes().get('projector') as number;
    const ofProjector = async () => {
      const firing = await prometheus.firing();
      return {
        down: firing.some((alert) => /^NodeDown .*"job":"projector"/.test(alert)),
        none: firing.some((alert) => alert.startsWith('NoActiveProjector')),
        silent: firing.some((alert) => alert.startsWith('NoticesMissing')),
      };
    };
    expect(await ofProjector()).toEqual({ down: false, none: false, silent: false });
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually('the alerts fire', async () =>
        Object.values(await ofProjector()).every((fires) => fires),
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(
      'the alerts clear',
      async () => !Object.values(await ofProjector()).some((fires) => fires),
    );
  });
});
