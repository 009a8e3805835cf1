import { existsSync } from 'node:fs';
import path from 'node:path';
import { type FetchOptions, fetchJars, type Jars, jarFolder } from '../maven.ts';
import { findPrograms, ProgramsMissing } from '../programs.ts';

const KAFKA: Jars = {
  called: 'Apache Kafka',
  name: 'kafka',
  pom: path.join(import.meta.dirname, 'pom.xml'),
};

/** What a broker is started with. */
export interface BrokerPrograms {
  readonly java: string;
  /** The folder with Kafka's jars. */
  readonly jars: string;
}

/**
 * Finds Java, and Apache Kafka's jars: fetched by Maven the first time (45 jars, 43 MB, 4 to 10 s), and kept in the clone.
 * @throws ProgramsMissing Java or Maven is missing and can't be installed, or the jars can't be had
 */
export async function brokerPrograms(
  say: (line: string) => void,
  options: FetchOptions = {},
): Promise<BrokerPrograms> {
  const jars = jarFolder(KAFKA, options);
  try {
    if (existsSync(jars)) return { ...findPrograms(['java'], say), jars };
    const { java, mvn } = findPrograms(['java', 'mvn'], say);
    say('Fetching Apache Kafka with Maven …');
    return { java, jars: await fetchJars(KAFKA, mvn, options) };
  } catch (error) {
    if (!(error instanceof ProgramsMissing)) throw error;
    throw new ProgramsMissing(
      `${error.message}\nOr name a Kafka broker that is there: KAFKA_BROKERS=host:port`,
      { cause: error },
    );
  }
}
