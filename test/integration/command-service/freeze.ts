import type { PausePoint } from '../../../command-service/dependencies.ts';
import type { Node } from './nodes.ts';

/** Stops a node at a point, once: there it waits until it is released. */
export function freeze(node: Node, at: PausePoint, whichTime = 1) {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let times = 0;
  node.pause = async (point) => {
    if (point !== at) return;
    times += 1;
    if (times !== whichTime) return;
    arrived.resolve();
    await released.promise;
  };
  return { arrived: arrived.promise, release: released.resolve };
}

/** Ends whatever a node does at a point, as if it were killed there. */
export function kill(node: Node, at: PausePoint, whichTime = 1): void {
  let times = 0;
  node.pause = async (point) => {
    if (point !== at) return;
    times += 1;
    if (times === whichTime) throw new Error('killed');
  };
}
