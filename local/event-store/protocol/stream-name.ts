import { invalidArgument } from './rpc-error.ts';

const MAX_NAME_BYTES = 1024;

/** @throws RpcError */
export function streamName(name: Uint8Array): string {
  const stream = Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('utf8');
  if (stream === '' || !storable(stream)) throw invalidArgument('Invalid stream name.');
  return stream;
}

/** PostgreSQL has no NUL in its texts; a name with one would fail the whole group that it is written in. */
export const storable = (name: string): boolean =>
  !name.includes('\0') && Buffer.byteLength(name) <= MAX_NAME_BYTES;
