import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { Interrupted, type Io } from '../../command-line/command.ts';
import { interruptible } from '../../command-line/interruption.ts';
import { readEventStoreConfig } from '../../config.ts';
import { sayChecked, sayErased, sayToErase } from '../../export-folder/words.ts';
import { createProgress, type Progress } from '../../output/progress.ts';
import type { Criteria } from '../options/criteria.ts';
import { foreignWords } from '../source/words.ts';
import { eraseFolder } from './erase.ts';
import { exportFolder } from './export.ts';
import type { FolderWork } from './open.ts';
import { verifyFolder } from './verify.ts';

/** Runs work on a folder with the log connected; a signal ends it with `interrupted` as its message. */
async function withLog<T>(
  io: Io,
  folder: string,
  interrupted: string,
  work: (options: FolderWork & { readonly progress: Progress }) => Promise<T>,
): Promise<T> {
  const log = connectEventLog({ connectionString: readEventStoreConfig().EVENTSTORE_URL });
  const progress = createProgress({ stream: process.stderr, unit: 'events' });
  const foreign = (event: RecordedEvent) => {
    progress.end();
    io.err(foreignWords(event));
  };
  const reader = createReader();
  try {
    return await interruptible((signal) => work({ folder, log, reader, foreign, signal, progress }));
  } catch (error) {
    if (error instanceof Interrupted) throw new Interrupted(`interrupted: ${interrupted}`, error.exitCode);
    throw error;
  } finally {
    progress.end();
    await log.close();
  }
}

const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** `replay --partition month`. @throws as {@link exportFolder} */
export async function exportIntoFolder(folder: string, { types, to }: Criteria, io: Io): Promise<void> {
  const from = performance.now();
  const done = await withLog(io, folder, 'the same command goes on after the last whole file', (work) =>
    exportFolder({ ...work, types, to }),
  );
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const { events, written, manifest, toErase } = done;
  io.err(
    `${count(events, 'event')} exported, ${count(written, 'file')} written in ${seconds} s. ${folder} has ${count(manifest.files.length, 'file')}, up to ${manifest.up_to?.position ?? 'no event'}.`,
  );
  sayToErase(`replay erase ${folder}`, toErase, io);
}

/** `replay verify`. @throws FolderRefused the folder is not as it should be; and as {@link verifyFolder} */
export async function verifyEvents(folder: string, io: Io): Promise<void> {
  const checked = await withLog(io, folder, 'nothing was changed', verifyFolder);
  sayChecked(folder, 'replay', checked, io);
}

/** `replay erase`. @throws as {@link eraseFolder} */
export async function eraseEvents(folder: string, io: Io): Promise<void> {
  const again = 'the same command does what is left';
  sayErased(folder, await withLog(io, folder, again, eraseFolder), io);
}
