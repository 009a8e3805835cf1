import { parsePosition, sortablePosition } from '../event-log/position.ts';

/** An epoch of the views in Redis: a text of fixed length, so that texts compare as numbers do. */
export const cacheEpoch = (number: number): string => Math.trunc(number).toString().padStart(15, '0');

/**
 * A text whose byte order is the order of views of one key in Redis: the epoch first, then the position, then the time of
 * the load. It is what the script there compares.
 * @throws RangeError the position is not one
 */
export function viewVersion(
  epoch: string,
  view: { readonly position: string; readonly loadedAt: number },
): string {
  const position = parsePosition(view.position);
  if (!position) throw new RangeError(`not a position: ${view.position}`);
  return `${epoch}/${sortablePosition(position)}@${Math.trunc(view.loadedAt).toString().padStart(15, '0')}`;
}

/** The epoch that a version is of. */
export const epochOf = (version: string): string => version.slice(0, version.indexOf('/'));
