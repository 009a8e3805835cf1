import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Fingerprint {
  /** To be given to `createLicensing` as `clientId`: the same on this machine each time, for this product alone. */
  readonly clientId: string;
  /** What was read for it, to be told to whoever wants to know. */
  readonly reads: string;
}

interface Origin {
  readonly reads: string;
  read(): Promise<string | undefined>;
}

const run = promisify(execFile);

const file = (name: string): Origin => ({
  reads: name,
  read: async () => (await readFile(name, 'utf8')).trim(),
});

const output = (command: string, args: readonly string[], pattern: RegExp): Origin => ({
  reads: [command, ...args].join(' '),
  read: async () => pattern.exec((await run(command, [...args], { timeout: 5_000 })).stdout)?.[1],
});

/** The id that the operating system has given itself when it was installed. No serial numbers, no network addresses, no names. */
const ORIGINS: Readonly<Partial<Record<NodeJS.Platform, readonly Origin[]>>> = {
  linux: [file('/etc/machine-id'), file('/var/lib/dbus/machine-id')],
  darwin: [output('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], /"IOPlatformUUID" = "([^"]+)"/)],
  win32: [
    output(
      'reg',
      ['query', String.raw`HKLM\SOFTWARE\Microsoft\Cryptography`, '/v', 'MachineGuid', '/reg:64'],
      /MachineGuid\s+REG_SZ\s+(\S+)/,
    ),
  ],
};

/**
 * An id that follows the machine instead of the program's files: a copy of the files on another machine is another client, and
 * reinstalling the program takes no second place. It is a SHA-256 of the product's name and the machine's own id, which never
 * leaves the machine; programs of two products can't be told to be on one.
 * @throws Error the machine has no id, as in many containers: let the client make a random one there
 */
export async function machineFingerprint(product: string, platform = process.platform): Promise<Fingerprint> {
  const tried: unknown[] = [];
  for (const origin of ORIGINS[platform] ?? []) {
    try {
      const id = await origin.read();
      if (id) return { clientId: hashed(product, id), reads: origin.reads };
    } catch (error) {
      tried.push(error);
    }
  }
  throw new AggregateError(tried, `this machine (${platform}) has no id that a fingerprint could be made of`);
}

const hashed = (product: string, id: string): string =>
  createHash('sha256').update(`${product}\0${id}`).digest('base64url').slice(0, 32);
