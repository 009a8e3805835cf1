import { useState } from 'preact/hooks';
import { type Loaded, useLoaded } from '../../parts/components/load.ts';
import { api } from '../session/session.ts';

interface Followed<T> {
  readonly loaded: Loaded<T>;
  /** Of the last action: whatever is asked for from then on must have its event. */
  readonly position: string | undefined;
  /** Changes with each action: whatever the page shows is asked for again. */
  readonly turn: number;
  /** @param position of the action's event; undefined where it wrote none */
  readonly onDone: (position: string | undefined) => void;
}

/** What a page is about. After each action there it is asked for again, and the answer has the action's event. */
export function useResource<T>(path: string): Followed<T> {
  const [{ position, turn }, setChange] = useState<{
    readonly position?: string | undefined;
    readonly turn: number;
  }>({ turn: 0 });
  const loaded = useLoaded<T>(path, () => api({ method: 'GET', path, minPosition: position }), turn);
  const onDone = (done: string | undefined) =>
    setChange((before) => ({ position: done ?? before.position, turn: before.turn + 1 }));
  return { loaded, position, turn, onDone };
}
