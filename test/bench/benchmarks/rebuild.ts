import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import { eventually } from '../../support/eventually.ts';
import type { Benchmark } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { cpuText } from '../report/words.ts';
import { inTurn } from '../rounds.ts';
import { median, ratios } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import { type LogSystem, logSystem } from '../system/log-system.ts';

const EVENTS = 300_000;
const AT_LEAST_OF_READING = 0.6;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

/** Building all read models from the log, beside reading the same events with the client and doing nothing. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  summary: `rebuild of all read models from ${EVENTS.toLocaleString('en')} events, beside a subscription that reads them and does nothing`,
  minutes: 6,
  async run({ rounds, sized, say, report, note }) {
    await using system = await logSystem(sized(EVENTS), say);
    const log = connectEventLog({ connectionString: String(system.env.EVENTSTORE_URL) });
    try {
      const last = await eventually('the event store answers', () => lastPosition(log));
      const measured = await inTurn(rounds, {
        ours: () => rebuilding(system),
        reading: () => reading(system, log, last),
      });
      const rates = (name: keyof typeof measured) => measured[name].map(({ rate }) => rate);
      const ratio = ratios(rates('ours'), rates('reading'));
      report({
        what: 'events of a rebuild',
        figure: figure(rates('ours'), '/s'),
        beside: { what: 'a subscription that does nothing', figure: figure(rates('reading'), '/s') },
        ratio,
        target: target(`at least ${AT_LEAST_OF_READING}`, median(ratio) >= AT_LEAST_OF_READING),
        cpu: measured.ours.map(({ cpu }) => cpu),
      });
      note(`CPU time of one, reading alone: ${cpuText(measured.reading.map(({ cpu }) => cpu))}.`);
    } finally {
      await log.close();
    }
  },
};

/** The rate is that of the building itself, as the tool says it; its CPU time has the start of the process too. */
function rebuilding(system: LogSystem) {
  return withCpu({ processes: system.processes(), own: 'the tool' }, async () => {
    const args = [entry, 'rebuild', '--fresh', '--force'];
    const { stderr } = await promisify(execFile)(process.execPath, args, {
      env: system.env,
      maxBuffer: 2 ** 26,
    });
    const built = /Built from ([\d,]+) events in ([\d.]+) s/.exec(stderr);
    if (!built) throw new Error(`rebuild did not say what it built:\n${stderr}`);
    const operations = Number((built[1] as string).replaceAll(',', ''));
    return { operations, rate: operations / Number(built[2]) };
  });
}

function reading(system: LogSystem, log: EventLog, last: Position) {
  return withCpu({ processes: system.processes(), own: 'the reader' }, async () => {
    const from = performance.now();
    const stop = new AbortController();
    let operations = 0;
    const feed = log.subscribe({ after: 'start', streamPrefixes: STREAM_PREFIXES, signal: stop.signal });
    for await (const batch of feed) {
      for (const message of batch) {
        if (message.kind !== 'event') continue;
        operations += 1;
        if (comparePositions(message.event.position, last) >= 0) stop.abort();
      }
    }
    return { operations, rate: (operations / (performance.now() - from)) * 1000 };
  });
}

async function lastPosition(log: EventLog): Promise<Position | undefined> {
  return (await Array.fromAsync(log.readAll({ direction: 'backwards', limit: 1 })))[0]?.position;
}
