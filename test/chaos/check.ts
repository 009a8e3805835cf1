import type { History, Violation } from './history.ts';
import { answeredAfterItsEnd, badlyRefused, lostInRestarts, staleReads } from './promises/answers.ts';
import { unanswered, unrecovered } from './promises/availability.ts';
import { doubledCommands, lostCommands, tooManyClients, unaskedEvents } from './promises/commands.ts';
import { notRelayed } from './promises/relayed.ts';
import { differsFromRebuild, doubledEffects, oldViews, skippedEvents } from './promises/rows.ts';

const CHECKS = [
  lostCommands,
  doubledCommands,
  unaskedEvents,
  tooManyClients,
  doubledEffects,
  skippedEvents,
  notRelayed,
  staleReads,
  differsFromRebuild,
  oldViews,
  badlyRefused,
  lostInRestarts,
  answeredAfterItsEnd,
  unanswered,
  unrecovered,
];

/** Which promises a run has broken; none if it kept them all. Pure: a history that was saved gives the same again. */
export const violationsOf = (history: History): readonly Violation[] =>
  CHECKS.flatMap((check) => check(history));
