import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { createSecretFile } from '../../shared/files/secret-file.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';

interface SecretFile {
  readonly name: string;
  readonly text: string;
  /** For a server that runs under an account of its own: whoever can enter the folder may read it. */
  readonly mode?: number;
}

const newPassword = () => randomBytes(24).toString('base64url');

/**
 * What a system of containers needs to keep secret, one folder for each group of readers: a container is given the
 * folders that it needs. A password stands in several files, so those are made together or not at all.
 */
function groups(): readonly (readonly SecretFile[])[] {
  const postgres = newPassword();
  const redis = newPassword();
  return [
    [
      { name: 'postgres/password', text: `${postgres}\n` },
      {
        name: 'access/database-url',
        text: `postgres://license_system:${postgres}@postgres:5432/license_system\n`,
      },
    ],
    [
      { name: 'redis/redis.conf', text: `requirepass ${redis}\n`, mode: 0o644 },
      { name: 'access/redis-url', text: `redis://:${redis}@redis:6379\n` },
    ],
    [{ name: 'grafana/password', text: newPassword(), mode: 0o644 }],
  ];
}

/** Only some files of a group are there: new ones would not fit the others. */
class SecretsIncomplete extends Error {
  readonly code = 'secrets_incomplete';
  constructor(present: readonly string[], missing: readonly string[]) {
    super(
      `${present.join(', ')} is there and ${missing.join(', ')}, which belongs to it, is not. Restore it; or remove both to have new ones made, and set the new password in the server`,
    );
    this.name = 'SecretsIncomplete';
  }
}

/** Makes what is missing and leaves what is there. @throws SecretsIncomplete */
async function init(folder: string, io: Io): Promise<void> {
  for (const group of groups()) {
    const isThere = ({ name }: SecretFile) => existsSync(path.join(folder, name));
    const missing = group.filter((file) => !isThere(file));
    if (missing.length > 0 && missing.length < group.length) {
      const names = (files: readonly SecretFile[]) => files.map(({ name }) => name);
      throw new SecretsIncomplete(names(group.filter(isThere)), names(missing));
    }
    for (const { name, text, mode } of missing) {
      const file = path.join(folder, name);
      await createSecretFile(file, text);
      if (mode !== undefined) await chmod(file, mode);
      io.out(file);
    }
  }
}

/** The passwords of a system of containers. Its keys: `keys ensure`, which asks the database whether it has had some. */
export const secrets: Command = {
  name: 'secrets',
  summary: 'make the passwords of a system of containers',
  usage: `secrets init <folder>

Makes what is missing of: the passwords of PostgreSQL and Redis and the URLs that hold them (postgres/, redis/, access/), the one of Grafana
(grafana/). What is there is left as it is. Prints each file that was made. docker-compose.yml runs it before
everything else.`,
  async run(args, io) {
    const { positionals } = parseOptions(args, { options: {}, allowPositionals: true });
    const [action, folder, ...rest] = positionals;
    if (action !== 'init' || folder === undefined || rest.length > 0) {
      throw new UsageError('say what to do, and where: init <folder>');
    }
    await init(path.resolve(folder), io);
  },
};
