import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { fromKafkaRecord } from '../../../shared/events/cloud-event.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { readTopic } from '../../kafka/topic-reader.ts';
import { eventually } from '../../support/eventually.ts';
import type { Shape } from '../faults/fault.ts';
import { relayFaults } from '../faults/relay.ts';
import type { RelayedEvent } from '../history.ts';
import { type System, startSystem } from '../system.ts';
import { TWICE } from './plain.ts';

const TOPIC = 'license-events';
const logger = createLogger({ service: 'chaos', level: 'silent' });

/** Waits until the relay has sent everything up to a position, and reads the topic as a consumer does. */
async function readRelayed(system: System, upTo: number): Promise<RelayedEvent[]> {
  const connectionString = system.setting('DATABASE_URL');
  const pool = createPool({ connectionString, applicationName: 'chaos', max: 1, logger });
  try {
    const sql = 'SELECT last_event_commit AS at FROM relay.checkpoints WHERE topic = $1';
    const caughtUp = async () => Number((await pool.query(sql, [TOPIC])).rows[0]?.at ?? 0) >= upTo;
    await eventually('the relay has caught up', caughtUp, 60_000);
  } finally {
    await pool.end();
  }
  const records = await readTopic(system.setting('KAFKA_BROKERS'), TOPIC);
  return records.map(({ message }) => {
    const { stream, revision } = fromKafkaRecord(message);
    return { stream, revision };
  });
}

/** With a broker, and the relay that writes every event to it. */
export const kafka: Shape = {
  name: 'kafka',
  faults: relayFaults,
  start: async (options) => {
    const system = await startSystem({ args: [...TWICE, '--kafka'], ...options });
    return { ...system, relayed: (upTo) => readRelayed(system, upTo) };
  },
};
