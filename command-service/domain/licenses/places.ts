import { DAY_MS } from '../../../shared/calendar.ts';

/**
 * How the places of a product changed hands: what `replacementsPerMonth` counts. A place that the customer freed keeps,
 * for 30 days, the name of the client that left it: the same one may come back to it, and another one in it is a
 * replacement, as if it had been activated in that one's stead. Places that nobody left are filled first.
 */
export interface Places {
  /** Client, as it is compared → when the customer freed its place (ms); the longest free first. */
  readonly freed: Map<string, number>;
  /** When another client got a place (ms), ascending; only while the terms limit that. */
  readonly replacements: number[];
}

export const noPlaces = (): Places => ({ freed: new Map(), replacements: [] });

/** Over how long replacements are counted. */
export const REPLACEMENT_WINDOW_MS = 30 * DAY_MS;

/** What the terms of a subscription allow. */
export interface PlaceLimits {
  readonly clients: number;
  /** Replacements in 30 days; null: as many as they like. */
  readonly replacements: number | null;
}

/** The place that a client would get: the one it left itself, one that nobody left, or the one that another client left. */
export type Place =
  | { readonly kind: 'own' | 'unused' }
  | { readonly kind: 'freed'; readonly by: string; readonly at: number };

const isRecent = (at: number, now: number): boolean => now - at < REPLACEMENT_WINDOW_MS;

/** @param active how many clients have a place now */
export function placeOf(
  { freed }: Places,
  client: string,
  active: number,
  { clients }: PlaceLimits,
  now: number,
): Place {
  const left = freed.get(client);
  if (left !== undefined && isRecent(left, now)) return { kind: 'own' };
  let recent = freed.size;
  for (const [by, at] of freed) {
    if (!isRecent(at, now)) recent -= 1;
    else return active + recent < clients ? { kind: 'unused' } : { kind: 'freed', by, at };
  }
  return { kind: 'unused' };
}

/**
 * Why no other client may get a place now; undefined if one may.
 * @param place the freed place that it would get; undefined where it takes an active client's
 */
export function replacementsUsedUp(
  { replacements }: Places,
  { replacements: limit }: PlaceLimits,
  place: { readonly at: number } | undefined,
  now: number,
): { readonly limit: number; readonly nextAt: number | null } | undefined {
  if (limit === null) return undefined;
  const recent = replacements.filter((at) => isRecent(at, now));
  if (recent.length < limit) return undefined;
  const counted = [recent[recent.length - limit], place?.at].filter((at) => at !== undefined);
  return { limit, nextAt: counted.length === 0 ? null : Math.min(...counted) + REPLACEMENT_WINDOW_MS };
}

// ---- fold ----

/** Lets go of what counts no longer. What is left over of it changes no answer. */
export const forgetOldPlaces = ({ freed, replacements }: Places, now: number): void => {
  for (const [client, at] of freed) {
    if (isRecent(at, now)) break;
    freed.delete(client);
  }
  const first = replacements.findIndex((at) => isRecent(at, now));
  replacements.splice(0, first < 0 ? replacements.length : first);
};

/** The customer freed the client's place. */
export function freePlace(places: Places, client: string, at: number): void {
  places.freed.delete(client); // so that it comes last again
  places.freed.set(client, at);
}

/** A client got a place; `counts` if it may be a replacement. */
export function takePlace(
  places: Places,
  client: string,
  active: number,
  limits: PlaceLimits,
  { at, counts }: { readonly at: number; readonly counts: boolean },
): void {
  const place = placeOf(places, client, active, limits, at);
  places.freed.delete(place.kind === 'freed' ? place.by : client);
  if (place.kind === 'freed' && counts) countReplacement(places, limits, at);
}

/** Another client got an active client's place, or one that was freed. */
export function countReplacement(places: Places, { replacements: limit }: PlaceLimits, at: number): void {
  if (limit !== null) places.replacements.push(at);
}
