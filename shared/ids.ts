import { createHash } from 'node:crypto';

const MAX_TIME = 2 ** 48 - 1;

const format = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const withVersion = (bytes: Uint8Array, version: number): string => {
  bytes[6] = ((bytes[6] as number) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return format(bytes);
};

/**
 * A UUIDv7 (RFC 9562, 5.7): the first 48 bits are `atMs`, milliseconds since 1970, the rest is random.
 * Ids made at different milliseconds sort by time.
 * @param random at least 10 random bytes
 * @throws RangeError a time before 1970 or beyond 48 bits, or too few random bytes
 */
export function uuidv7(atMs: number, random: Uint8Array): string {
  const time = Math.trunc(atMs);
  if (!(time >= 0 && time <= MAX_TIME)) throw new RangeError(`no UUIDv7 for the time ${atMs}`);
  if (random.length < 10) throw new RangeError('a UUIDv7 needs 10 random bytes');
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  return withVersion(bytes, 7);
}

/** Whether a text is a UUID of any version, in digits of either case. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** The time part of a UUIDv7, in milliseconds since 1970; undefined for anything else. */
export function timeOfUuidv7(id: string): number | undefined {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.exec(id);
  return match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : undefined;
}

/**
 * A UUIDv5 (RFC 9562, 5.5): the same namespace and name always give the same id.
 * @param namespace a UUID
 * @throws RangeError the namespace is no UUID
 */
export function uuidv5(namespace: string, name: string | Uint8Array): string {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  if (space.length !== 16) throw new RangeError('the namespace of a UUIDv5 must be a UUID');
  const hash = createHash('sha1').update(space).update(name).digest();
  return withVersion(Uint8Array.from(hash.subarray(0, 16)), 5);
}
