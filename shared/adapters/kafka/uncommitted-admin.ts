import type { Admin, Kafka } from './client.ts';

/** READ_UNCOMMITTED of the protocol's ListOffsets. */
const ALL_RECORDS = 0;

type CreateCluster = (options: object) => unknown;

/**
 * An admin whose topic offsets are those of the log, records of open transactions included.
 *
 * kafkajs 2.2.4 asks for an admin's offsets as a `read_committed` consumer sees them, and has no option for it: a topic
 * then seems to end before its last transaction until that is marked, for a few milliseconds after each commit, and
 * until the next commit where a single broker was killed in them (seen in 2 of 6 kills: offsets stayed a transaction
 * short, and its records came with the next one's mark). The one place that makes an admin's connection is given the
 * other level. Changing the protocol's default instead would change it for all clients of the process.
 */
export function uncommittedAdmin(kafka: Kafka): Admin {
  const name = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (!name) throw new Error('this version of kafkajs makes its connections in another way');
  const createCluster = Reflect.get(kafka, name) as CreateCluster;
  const ofAllRecords: Kafka = Object.create(kafka, {
    [name]: { value: (options: object) => createCluster({ ...options, isolationLevel: ALL_RECORDS }) },
  });
  return ofAllRecords.admin();
}
