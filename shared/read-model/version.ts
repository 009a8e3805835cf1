import { parsePosition, sortablePosition } from '../events/position.ts';

/**
 * A text whose byte order is the order of views of one key: position first, then the time of the load. It is what
 * the script in Redis compares.
 * @throws RangeError the position is not one
 */
export function viewVersion(view: { readonly position: string; readonly loadedAt: number }): string {
  const position = parsePosition(view.position);
  if (!position) throw new RangeError(`not a position: ${view.position}`);
  return `${sortablePosition(position)}@${Math.trunc(view.loadedAt).toString().padStart(15, '0')}`;
}
