import type { Fault } from './faults/fault.ts';
import type { FaultReport, ShapeReport } from './run.ts';

const HEAD = [
  '| fault | times | validations | answered | of known licenses | slowest | ready again, median (longest) | promised of known licenses |',
  '|---|--:|--:|--:|--:|--:|--:|---|',
];

const PROMISED: Record<Fault['promised'], string> = {
  all: 'all answered',
  most: '99.9 % answered',
  nothing: 'nobody is left to answer',
};

/** What docs/reliability.md says of one shape: a line a fault, by group. */
export function table({ faults, violations }: Judged, notRun: readonly Fault[]): string {
  const byName = faults.toSorted((a, b) => (a.fault.name < b.fault.name ? -1 : 1));
  const byGroup = Map.groupBy(byName, ({ fault }) => fault.group);
  const lines = [...byGroup].flatMap(([group, all]) => [
    `| *${group}* | | | | | | | |`,
    ...Map.groupBy(all, ({ fault }) => fault.name)
      .values()
      .map(row),
  ]);
  const missing = notRun.map(({ name, needs }) => `| ${name} | not run: ${needs} | | | | | | |`);
  const broken = violations.map(({ promise, detail }) => `- Broken: ${promise}: ${detail}`);
  return [
    ...HEAD,
    ...lines,
    ...missing,
    '',
    ...(broken.length > 0 ? broken : ['Every promise was kept.']),
  ].join('\n');
}

type Judged = Pick<ShapeReport, 'faults' | 'violations'>;

function row(times: readonly FaultReport[]): string {
  const [{ fault }] = times as [FaultReport];
  const sum = (of: (one: FaultReport) => number) => times.reduce((total, one) => total + of(one), 0);
  const recovery = times.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
  const cells = [
    fault.name,
    times.length,
    sum(({ asked }) => asked),
    share(
      sum(({ answered }) => answered),
      sum(({ asked }) => asked),
    ),
    share(
      sum(({ knownAnswered }) => knownAnswered),
      sum(({ known }) => known),
    ),
    seconds(Math.max(...times.map(({ slowestMs }) => slowestMs))),
    `${seconds(recovery[Math.floor(recovery.length / 2)] ?? 0)} (${seconds(recovery.at(-1) ?? 0)})`,
    PROMISED[fault.promised],
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Rounded down: 100 % is said of nothing less. */
const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.floor((part / whole) * 100_000) / 1_000} %`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
