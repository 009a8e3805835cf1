import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { freePorts } from '../../../local/ports.ts';
import { type RunningProcess, startProcess } from '../../../local/processes/process.ts';
import { answersOk, untilReady } from '../../../local/processes/supervisor.ts';
import { findPrograms } from '../../../local/servers/programs.ts';
import type { LaunchedStack } from '../../support/stack.ts';
import { MONITORING, readRules, ruleFiles } from './files.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** A sample of an instant query; NaN where there was nothing to divide by. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Target {
  readonly job: string;
  readonly health: string;
  readonly lastError: string;
}

export interface Prometheus {
  query(expr: string): Promise<Sample[]>;
  /** Label names of every metric that it has, by the metric's name. */
  labels(): Promise<Map<string, Set<string>>>;
  targets(): Promise<Target[]>;
  /** Names of the rules that could not be evaluated, with why. */
  brokenRules(): Promise<string[]>;
  /** The alerts that are firing now: `NodeDown{job="projector",…}`. */
  firing(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ScrapeConfig {
  readonly job_name: string;
  readonly [option: string]: unknown;
}

/** The addresses of each kind of service, as the services' logs say them. */
export function addressesOf({ data, processes }: LaunchedStack): Map<string, string[]> {
  const jobs = {
    command: 'command-service',
    query: 'query-service',
    projector: 'projector',
    notifier: 'notifier',
    relay: 'relay',
  };
  const found = new Map<string, string[]>();
  for (const name of processes().keys()) {
    const job = jobs[name.replace(/-\d+$/, '') as keyof typeof jobs];
    if (job === undefined) continue;
    const log = readFileSync(path.join(data, 'logs', `${name}.log`), 'utf8');
    const url = [...log.matchAll(/"url":"http:\/\/([^"/]+)/g)].at(-1)?.[1];
    if (url === undefined) throw new Error(`the log of ${name} does not say where it listens`);
    found.set(job, [...(found.get(job) ?? []), url]);
  }
  return found;
}

/**
 * The shipped configuration and rules, for a stack on this machine: addresses instead of names of containers, and
 * everything that takes time made short. Jobs of what does not run here are left out.
 */
function writeConfiguration(folder: string, port: number, addresses: ReadonlyMap<string, readonly string[]>) {
  mkdirSync(path.join(folder, 'rules'));
  for (const file of ruleFiles()) {
    const { groups } = readRules(file);
    const quick = groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ('for' in rule ? { ...rule, for: '1s' } : rule)),
    }));
    writeFileSync(path.join(folder, 'rules', path.basename(file)), stringify({ groups: quick }));
  }
  const shipped = parse(readFileSync(path.join(MONITORING, 'prometheus.yml'), 'utf8'));
  const known = new Map<string, readonly string[]>([...addresses, ['prometheus', [`127.0.0.1:${port}`]]]);
  const scrape = (shipped.scrape_configs as ScrapeConfig[]).flatMap((job) => {
    const targets = known.get(job.job_name);
    if (!targets) return [];
    const { dns_sd_configs: _, scrape_interval: __, ...rest } = job;
    return [{ ...rest, static_configs: [{ targets }] }];
  });
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  writeFileSync(
    path.join(folder, 'prometheus.yml'),
    stringify({ ...shipped, global, scrape_configs: scrape }),
  );
}

/** The node exporter, which by default leaves out the file systems of containers, which tests may run in. */
async function startNodeExporter(folder: string): Promise<{ process: RunningProcess; address: string }> {
  const [port] = (await freePorts(1)) as [number];
  const address = `127.0.0.1:${port}`;
  const process = await startProcess({
    name: 'node-exporter',
    command: findPrograms(['prometheus-node-exporter'], say)['prometheus-node-exporter'],
    args: [
      `--web.listen-address=${address}`,
      '--collector.disable-defaults',
      '--collector.filesystem',
      '--collector.filesystem.fs-types-exclude=^(proc|sysfs|devpts|devtmpfs|cgroup2?)$',
    ],
    logFile: path.join(folder, 'node-exporter.log'),
  });
  await untilReady(process, () => answersOk(`http://${address}/metrics`));
  return { process, address };
}

/** A real Prometheus that scrapes these jobs and a node exporter by the shipped configuration. */
export async function startPrometheus(
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<Prometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-prometheus-'));
  const [port] = (await freePorts(1)) as [number];
  const node = await startNodeExporter(folder);
  writeConfiguration(folder, port, new Map([...addresses, ['node', [node.address]]]));
  const running = await startProcess({
    name: 'prometheus',
    command: findPrograms(['prometheus'], say).prometheus,
    args: [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: folder,
    logFile: path.join(folder, 'prometheus.log'),
  });
  await untilReady(running, () => answersOk(`http://127.0.0.1:${port}/-/ready`));
  return {
    ...api(`http://127.0.0.1:${port}/api/v1`),
    async [Symbol.asyncDispose]() {
      await Promise.all([running.stop(), node.process.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

function api(url: string): Omit<Prometheus, typeof Symbol.asyncDispose> {
  const get = async <T>(resource: string, parameters: Record<string, string> = {}): Promise<T> => {
    const response = await fetch(`${url}/${resource}?${new URLSearchParams(parameters)}`);
    const body = (await response.json()) as { status: string; data: T; error?: string };
    if (body.status !== 'success')
      throw new Error(`${resource} ${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  };
  const query = async (expr: string): Promise<Sample[]> => {
    const { result } = await get<{ result: Series[] }>('query', { query: expr });
    return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  };
  return {
    query,
    async labels() {
      const series = await get<Record<string, string>[]>('series', { 'match[]': '{__name__=~".+"}' });
      const known = new Map<string, Set<string>>();
      for (const { __name__: name = '', ...labels } of series) {
        known.set(name, (known.get(name) ?? new Set()).union(new Set(Object.keys(labels))));
      }
      return known;
    },
    async targets() {
      const { activeTargets } = await get<{ activeTargets: (Target & { labels: { job: string } })[] }>(
        'targets',
      );
      return activeTargets.map(({ labels, health, lastError }) => ({ job: labels.job, health, lastError }));
    },
    async brokenRules() {
      const { groups } = await get<{
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      }>('rules');
      return groups
        .flatMap(({ rules }) => rules)
        .filter(({ health }) => health !== 'ok')
        .map(({ name, health, lastError }) => `${name}: ${health} ${lastError ?? ''}`);
    },
    async firing() {
      const { alerts } = await get<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts');
      return alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels: { alertname, severity: _, ...labels } }) => `${alertname} ${JSON.stringify(labels)}`);
    },
  };
}
