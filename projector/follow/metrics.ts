import { Gauge, type Registry } from 'prom-client';
import { CONSUMER_STATES, type Status } from './status.ts';

/** How the metrics of one consumer are called. */
export interface ConsumerMetricNames {
  /** Before `_events` and `_seconds`. */
  readonly lag: string;
  readonly state: string;
}

/** Exports a consumer's state and its lag, looked up when the metrics are read. */
export function watchConsumer(
  registry: Registry,
  { lag, state: stateName }: ConsumerMetricNames,
  status: Pick<Status, 'state' | 'lag'>,
): void {
  const registers = [registry];
  new Gauge({
    name: `${lag}_events`,
    help: 'Events that have arrived and are not written yet',
    registers,
    collect() {
      this.set(status.lag.events);
    },
  });
  new Gauge({
    name: `${lag}_seconds`,
    help: 'Age of the oldest event not written yet; while the consumer waits, since when it is not current',
    registers,
    collect() {
      this.set(status.lag.seconds);
    },
  });
  new Gauge({
    name: stateName,
    help: '1 for the state that the consumer is in',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of CONSUMER_STATES) this.set({ state }, status.state === state ? 1 : 0);
    },
  });
}
