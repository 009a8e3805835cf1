import type { Redis } from '../adapters/redis/client.ts';
import { readLicense, readUser, storeLicense, storeUser } from './stored-views.ts';
import { epochOf, viewVersion } from './version.ts';
import { KEPT_MS, type LicenseView, licenseKey, type UserView, userKey } from './views.ts';

/**
 * KEYS: views. ARGV: how long they are kept in ms, then version and JSON of each. Writes those that are newer than
 * what is held, and answers how many. One script for many keys: one call for a batch.
 */
const WRITE_VIEWS = `
local written = 0
for i, key in ipairs(KEYS) do
  local version = ARGV[2 * i]
  local held = redis.call('HGET', key, 'v')
  if not held or held < version then
    redis.call('HSET', key, 'v', version, 'j', ARGV[2 * i + 1])
    redis.call('PEXPIRE', key, ARGV[1])
    written = written + 1
  end
end
return written`;

/** Keys of one call of the script: Redis serves nobody else while it runs (about 0.3 ms for 200). */
const KEYS_PER_CALL = 200;

/** Views by id, as `loadViews` answers them. */
export interface CachedViews {
  readonly licenses: ReadonlyMap<string, LicenseView>;
  readonly users: ReadonlyMap<string, UserView>;
}

/** A view of each kind as Redis has it; undefined where it has none. */
export interface CachedPair {
  readonly license: LicenseView | undefined;
  readonly user: UserView | undefined;
}

/** The part of a pipeline that writes views: add it to one that does more in the same round trip. */
export function addViewWrites(
  pipeline: ReturnType<Redis['pipeline']>,
  views: CachedViews,
  epoch: string,
): void {
  const entries: [key: string, version: string, text: string][] = [];
  for (const [id, view] of views.licenses)
    entries.push([licenseKey(id), viewVersion(epoch, view), storeLicense(view)]);
  for (const [id, view] of views.users)
    entries.push([userKey(id), viewVersion(epoch, view), storeUser(view)]);
  for (let start = 0; start < entries.length; start += KEYS_PER_CALL) {
    const part = entries.slice(start, start + KEYS_PER_CALL);
    const keys = part.map(([key]) => key);
    const values = part.flatMap(([, version, text]) => [version, text]);
    pipeline.eval(WRITE_VIEWS, keys.length, ...keys, KEPT_MS, ...values);
  }
}

/**
 * Writes views to Redis, each only if it is newer than the one held there, in one round trip.
 * @param epoch see version.ts: the one that Redis was in when they were loaded
 * @throws Error Redis can't be reached, or refused; some views may have been written
 */
export async function writeViews(redis: Redis, views: CachedViews, epoch: string): Promise<void> {
  const pipeline = redis.pipeline();
  addViewWrites(pipeline, views, epoch);
  if (pipeline.length === 0) return;
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}

/**
 * Reads the two views of a key, in one round trip. What does not fit the schema counts as absent: a node of another
 * version may have written it.
 * @param epoch only views of this one; of any unless it is given
 * @throws Error Redis can't be reached
 */
export async function readPair(
  redis: Redis,
  licenseId: string,
  userId: string,
  epoch?: string,
): Promise<CachedPair> {
  const answers = await redis
    .pipeline()
    .hmget(licenseKey(licenseId), 'v', 'j')
    .hmget(userKey(userId), 'v', 'j')
    .exec();
  for (const [error] of answers ?? []) if (error) throw error;
  const [license, user] = (answers ?? []).map(([, held]) => {
    const [version, text] = held as [string | null, string | null];
    if (version === null || text === null) return undefined;
    return epoch === undefined || epochOf(version) === epoch ? JSON.parse(text) : undefined;
  });
  return { license: readLicense(license), user: readUser(user) };
}
