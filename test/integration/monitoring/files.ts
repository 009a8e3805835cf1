import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const MONITORING = path.join(ROOT, 'deploy/monitoring');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly (AlertRule | RecordingRule)[];
  }[];
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(path.join(MONITORING, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(MONITORING, folder, name));

export const ruleFiles = (): string[] => filesOf('rules', '.yml');

export const readRules = (file: string): RuleFile => parse(readFileSync(file, 'utf8'), { merge: true });

export const allRules = (): (AlertRule | RecordingRule)[] =>
  ruleFiles().flatMap((file) => readRules(file).groups.flatMap(({ rules }) => rules));

export const alertRules = (): AlertRule[] => allRules().filter((rule) => 'alert' in rule);

export const dashboards = (): Dashboard[] =>
  filesOf('grafana/dashboards', '.json').map((file) => JSON.parse(readFileSync(file, 'utf8')));

/** Every expression of every panel, with a name to say in a failure. */
export const panelQueries = (): { readonly panel: string; readonly expr: string }[] =>
  dashboards().flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr, refId }) => ({ panel: `${title} / ${panel.title} ${refId}`, expr })),
    ),
  );
