import type { Fault } from './fault.ts';
import { frozen, killed, killedTogether } from './processes.ts';

/** Validation has nothing to do with Kafka: that it goes on, and that the topic has every event in the end, is judged. */
export const relayFaults: readonly Fault[] = [
  ...['kafka', 'relay'].flatMap((name) => [killed(name), frozen(name)]),
  killedTogether(['kafka', 'relay']),
  killedTogether(['relay', 'event-store']),
  killedTogether(['relay', 'postgres']),
];
