import type { Benchmark } from '../benchmark.ts';
import { besideFollower } from './beside.ts';
import { askEverything } from './questions.ts';
import { historySystem } from './system.ts';

const EVENTS = Number(process.env.HISTORY_EVENTS ?? 2_000_000);
const EVENTS_OF_A_DAY = 5_000;

/** The analysts' history tables: made, kept up, asked; and what that costs those who don't ask. */
export const history: Benchmark = {
  name: 'history',
  summary: `history tables of ${EVENTS.toLocaleString('en')} events (HISTORY_EVENTS): first build, a day's ${EVENTS_OF_A_DAY} events, each metric; and the system beside a follower`,
  minutes: 25,
  onlyByName: true,
  async run({ rounds, say, report, note }) {
    {
      await using system = await historySystem();
      await system.write(EVENTS - EVENTS_OF_A_DAY);
      note(`First build: ${await system.update()}.`);
      await system.write(EVENTS_OF_A_DAY);
      note(`A day: ${await system.update()}.`);
      await askEverything(system.pool, report);
    }
    await besideFollower(rounds, say, report);
  },
};
