import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { findPrograms } from '../../../local/servers/programs.ts';
import { ALERT_CASES, type AlertCase } from './alert-cases.ts';
import { type AlertRule, alertRules, MONITORING, readRules, ruleFiles } from './files.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);
let promtool: string;
let folder: string;

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8', cwd: folder });
  expect(status, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

beforeAll(() => {
  promtool = findPrograms(['promtool'], say).promtool;
  folder = mkdtempSync(path.join(tmpdir(), 'license-test-promtool-'));
  mkdirSync(path.join(folder, 'rules'));
  writeRules();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The rules without their texts, which promtool would compare word by word; `$labels` in them are checked below. */
function writeRules(): void {
  for (const file of ruleFiles()) {
    const { groups } = readRules(file);
    const plain = groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({ ...rule, annotations: undefined })),
    }));
    writeFileSync(path.join(folder, 'rules', path.basename(file)), stringify({ groups: plain }));
  }
}

const fileOf = (alert: string): string =>
  path.basename(
    ruleFiles().find((file) =>
      readRules(file).groups.some(({ rules }) =>
        rules.some((rule) => 'alert' in rule && rule.alert === alert),
      ),
    ) ?? `no rule for ${alert}`,
  );

const ruleOf = (alert: string): AlertRule => alertRules().find((rule) => rule.alert === alert) as AlertRule;

function testOf({ alert, series, at: [quiet, fires, clears], labels = {} }: AlertCase) {
  const firing = [{ exp_labels: { severity: ruleOf(alert).labels.severity, ...labels } }];
  const at = (minutes: number, alerts: readonly object[]) => ({
    eval_time: `${minutes}m`,
    alertname: alert,
    exp_alerts: alerts,
  });
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [at(quiet, []), at(fires, firing), at(clears, [])],
  };
}

describe('the shipped files, as promtool reads them', () => {
  it('the configuration with all rules is good', () => {
    const output = run('check', 'config', path.join(MONITORING, 'prometheus.yml'));
    expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(ruleFiles().length);
  });
});

describe('alerts', () => {
  it('each has a case', () => {
    const tried = new Set(ALERT_CASES.map(({ alert }) => alert));
    expect(
      alertRules()
        .map(({ alert }) => alert)
        .filter((alert) => !tried.has(alert)),
    ).toEqual([]);
  });

  it.each(ALERT_CASES.map((each) => [each.alert, each] as const))(
    '%s is quiet, fires when its cause is there, and clears when it has gone',
    (alert, each) => {
      const file = path.join(folder, `${alert}.test.yml`);
      const test = {
        rule_files: [`rules/${fileOf(alert)}`],
        evaluation_interval: each.at[2] > 200 ? '5m' : '30s',
        tests: [testOf(each)],
      };
      writeFileSync(file, stringify(test));
      run('test', 'rules', file);
    },
  );

  it.each(ALERT_CASES.map((each) => [each.alert, each] as const))(
    '%s names only labels that it has',
    (alert, { labels = {} }) => {
      const text = Object.values(ruleOf(alert).annotations).join(' ');
      const named = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string);
      expect(Object.keys(labels)).toEqual(expect.arrayContaining(named));
    },
  );
});
