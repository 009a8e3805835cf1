import type { Progress, RebuildResult } from '../../projector/rebuild/options.ts';
import type { Io } from '../command-line/command.ts';
import { writeTable } from '../output/table.ts';

const SAY_EVERY_MS = 2_000;

/** A line when the phase changes, and every two seconds within one. */
export function rebuildReporter(io: Io): (progress: Progress) => void {
  let said = { phase: '', at: 0, events: 0 };
  return ({ phase, events }) => {
    const at = performance.now();
    if (phase === said.phase && at - said.at < SAY_EVERY_MS) return;
    const rate = phase === said.phase ? ((events - said.events) / (at - said.at)) * 1_000 : undefined;
    const speed = rate === undefined ? '' : `, ${Math.round(rate).toLocaleString('en')}/s`;
    io.err(`${phase} … ${events.toLocaleString('en')} events${speed}`);
    said = { phase, at, events };
  };
}

/** Says what was built and how it compares. @returns whether every row is equal */
export function showRebuild({ comparison, events, seconds }: RebuildResult, io: Io): boolean {
  const rate = seconds > 0 ? Math.round(events / seconds).toLocaleString('en') : '-';
  io.err(`Built from ${events.toLocaleString('en')} events in ${seconds.toFixed(1)} s (${rate}/s).`);
  if (!comparison) {
    io.err('There was nothing live to compare with.');
    return true;
  }
  const rows = comparison.map(({ table, live, rebuilt, equal }) => [
    ...[table, live.rows, rebuilt.rows, equal ? 'yes' : 'no'],
  ]);
  writeTable(io, ['table', 'live_rows', 'rebuilt_rows', 'equal'], rows);
  return comparison.every(({ equal }) => equal);
}
