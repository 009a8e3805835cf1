import { Interrupted, type Io, parseOptions, UsageError } from '../../command-line/command.ts';
import { interruptible } from '../../command-line/interruption.ts';
import { readHistoryConfig } from '../../config.ts';
import { sayChecked, sayErased, sayToErase } from '../../export-folder/words.ts';
import { toolLogger } from '../../logger.ts';
import { createProgress } from '../../output/progress.ts';
import { exportTables, type TablesWork } from './export.ts';
import { withSnapshot } from './snapshot.ts';
import { verifyTables } from './verify.ts';

/** Runs work on a folder with the history tables as they stand now. */
async function withTables<T>(folder: string, work: (options: TablesWork) => Promise<T>): Promise<T> {
  const config = readHistoryConfig();
  const tables = {
    connectionString: config.HISTORY_DATABASE_URL ?? config.DATABASE_URL,
    logger: toolLogger(config.LOG_LEVEL),
  };
  const progress = createProgress({ stream: process.stderr, unit: 'rows' });
  try {
    return await interruptible((signal) =>
      withSnapshot(tables, (snapshot) => work({ folder, snapshot, signal, progress })),
    );
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(`interrupted: ${folder} is as it was`, error.exitCode);
  } finally {
    progress.end();
  }
}

const usersIn = (rows: readonly { readonly user: string }[]): number =>
  new Set(rows.map(({ user }) => user)).size;

/** `history-tables export --out DIR`. @throws as {@link exportTables} */
export async function exportHistory(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseOptions(args, { options: { out: { type: 'string' } } });
  const folder = values.out;
  if (!folder) throw new UsageError('export needs --out with the name of a folder');
  const from = performance.now();
  const { manifest, written, erased } = await withTables(folder, (work) =>
    exportTables({ ...work, erase: false }),
  );
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const rows = manifest.files.reduce((sum, file) => sum + file.rows, 0);
  io.err(
    `${folder} has the history tables as known at ${manifest.up_to?.position}: ${rows.toLocaleString('en')} rows. ${written} of its ${manifest.files.length} files written, in ${seconds} s.`,
  );
  sayToErase(`history-tables erase ${folder}`, usersIn(erased), io);
}

/** `history-tables verify DIR`. @throws FolderRefused the folder is not as it should be; and as {@link verifyTables} */
export async function verifyHistory(args: readonly string[], io: Io): Promise<void> {
  const folder = folderOf('verify', args);
  const checked = await withTables(folder, verifyTables);
  sayChecked(folder, 'history-tables', checked, io);
  if (checked.notCompared === 0) return;
  io.err(
    `${checked.notCompared} of the files were compared with the manifest alone: the history tables went on since. An export brings the folder up to them.`,
  );
}

/** `history-tables erase DIR`. @throws as {@link exportTables} */
export async function eraseHistory(args: readonly string[], io: Io): Promise<void> {
  const folder = folderOf('erase', args);
  const { manifest, erased } = await withTables(folder, (work) => exportTables({ ...work, erase: true }));
  sayErased(folder, { upTo: manifest.up_to?.position, users: usersIn(erased), erased }, io);
}

/** @throws UsageError no folder, or more than one */
function folderOf(action: string, args: readonly string[]): string {
  const { positionals } = parseOptions(args, { options: {}, allowPositionals: true });
  const [folder] = positionals;
  if (folder && positionals.length === 1) return folder;
  throw new UsageError(`history-tables ${action} takes the name of one folder`);
}
