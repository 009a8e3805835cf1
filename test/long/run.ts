import { fileURLToPath } from 'node:url';
import { violationsOf } from '../chaos/check.ts';
import { collect } from '../chaos/collect.ts';
import type { History, Violation } from '../chaos/history.ts';
import { type System, startSystem } from '../chaos/system.ts';
import { createRandom } from '../support/random.ts';
import { Customer, type Place, Record } from './customer.ts';
import { Leases } from './leases.ts';
import { Memory, type Trend } from './memory.ts';
import { Office } from './office.ts';
import { fastTime, formatPace, PACE, type Pace } from './pace.ts';
import { Turns } from './turns.ts';
import { partitionFaults, RETENTION_DAYS } from './upkeep.ts';

export interface LongOptions {
  readonly minutes: number;
  /** How many seconds the clock goes on in one. */
  readonly speed: number;
  readonly seed: number;
  /** Where the data is kept; in a directory that is removed unless given. */
  readonly data: string | undefined;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface LongReport {
  /** What was answered otherwise than the customers' own book-keeping says, and which promise was broken. */
  readonly wrong: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly memory: readonly Trend[];
  readonly said: string;
}

const CUSTOMERS = 12;
/** What a customer waits between two requests: milliseconds of this machine's time. */
const PAUSE_MS = 1_500;
const LEASE_EVERY_TURNS = 8;
const MOST_TRIES = 10;
const SAMPLE_EVERY_MS = 10_000;
const SAY_EVERY_MS = 60_000;
/** Milliseconds of the fast clock: keys are rotated, and partitions looked at, once a day. */
const UPKEEP_EVERY_MS = 24 * 3_600_000;
/** Minutes of the fast clock from a new key's publication to its use: longer than nodes take to read it in this machine's time. */
const LEAD_MINUTES = '60';
/** The clock begins here, so that the year ends after two days of it. */
const BEGIN = Date.UTC(2026, 11, 29, 20);
/** Of this machine's time, as in the fault run. */
const SEEN_WITHIN_MS = 6_000;

const PRELOAD = new URL('fast-clock.ts', import.meta.url).href;
const CATALOGUE = fileURLToPath(new URL('catalogue.json', import.meta.url));

/** Starts the whole system on a fast clock, lets customers work on it, and judges what they saw and what is left. */
export async function runLong(options: LongOptions): Promise<LongReport> {
  const { speed, seed, say, signal } = options;
  const pace: Pace = { speed, since: Date.now(), from: BEGIN };
  // Also for the tool, and for whatever the supervisor starts again.
  process.env[PACE] = formatPace(pace);
  process.env.NODE_OPTIONS = `--import ${PRELOAD}`;
  const system = await startSystem({
    args: ['--query-nodes', '2', '--command-nodes', '2', '--projectors', '2', '--catalogue', CATALOGUE],
    env: { USAGE_RETENTION_DAYS: String(RETENTION_DAYS) },
    keptIn: options.data,
    signal,
  });
  try {
    const now = () => fastTime(pace, Date.now());
    const operator = await system.tool('token', '--role', 'operator', '--subject', 'long-run');
    const office = await Office.open(system.url, operator, now);
    const place: Place = {
      url: system.url,
      random: createRandom(seed),
      office,
      now,
      record: new Record(say),
    };
    say(`running, its data in ${system.data}; the clock shows ${new Date(now()).toISOString()}`);
    const memory = await work(system, place, options);
    const { record } = place;
    const violations = violationsOf(
      historyOf(await collect(system, { ...NOTHING_ELSE, ...record.seen }, BOUNDS)),
    );
    const broken = violations.filter(isAbout).map(({ promise, detail }) => `${promise}: ${detail}`);
    const { counts } = record;
    const trends = memory.trends((options.minutes * 60) / 3);
    return { wrong: [...record.wrong, ...broken], counts, memory: trends, said: system.said() };
  } finally {
    await system.stop();
  }
}

const BOUNDS = { faults: [], seenWithinMs: SEEN_WITHIN_MS };
const NOTHING_ELSE = { licenses: [], badRequests: [], failedInRestarts: [] };

/** Everybody works until the time is over. */
async function work(
  system: System,
  place: Place,
  { minutes, speed, say, signal }: LongOptions,
): Promise<Memory> {
  const { random, now, record } = place;
  const turns = new Turns(minutes * 60_000, random, signal);
  const memory = new Memory();
  const began = now();
  const customers: Customer[] = [];
  for (let i = 0; i < CUSTOMERS; i += 1) customers.push(await Customer.enter(place));
  const leases = new Leases(place);
  await Promise.all([
    ...customers.map((customer) =>
      turns.repeat(PAUSE_MS, async () => {
        await customer.act();
        if (random.below(LEASE_EVERY_TURNS) === 0) await leases.take(customer);
      }),
    ),
    turns.repeat(PAUSE_MS, () => leases.check()),
    turns.repeat(SAMPLE_EVERY_MS, async () => memory.sample(turns.seconds, system.processes())),
    turns.repeat(SAY_EVERY_MS, async () => say(progress(turns.seconds, place))),
    turns.repeat(UPKEEP_EVERY_MS / speed, async () => {
      const faults = await persistently(record, () => partitionFaults(system, began, now()));
      for (const fault of faults) record.note(fault);
      await persistently(record, () => system.tool('keys', 'rotate', '--lead', LEAD_MINUTES));
      record.count('key rotations');
    }),
  ]);
  for (const fault of await partitionFaults(system, began, now())) record.note(fault);
  return memory;
}

/** A machine that is busy with other things may let a connection time out. @throws what the last try threw */
async function persistently<T>(record: Record, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      record.count('upkeep tried again');
    }
  }
}

function progress(seconds: number, { now, record }: Place): string {
  const asked = record.validations.length;
  return `${(seconds / 60).toFixed(1)} min, the clock shows ${new Date(now()).toISOString().slice(0, 16)}: ${asked} validations, ${record.commands.length} commands, ${record.wrong.length} wrong`;
}

/** Nothing malformed is sent here, and more kinds of commands than those that the fault run counts the events of. */
const isAbout = ({ promise }: Violation): boolean => promise !== 'bad input gets a 4xx and changes nothing';

/** Under a key that is used again after its 24 hours another license key is made: that is another command then. */
const historyOf = (history: History): History => ({
  ...history,
  log: history.log.map((event) =>
    event.type === 'LicenseKeyIssued'
      ? { ...event, commandId: `${event.commandId} ${String(event.data.keyId)}` }
      : event,
  ),
});
