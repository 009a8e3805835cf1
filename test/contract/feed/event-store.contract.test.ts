import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import { createSystem } from '../../integration/projector/system.ts';
import { describeFeed } from './feed-suite.ts';

describeFeed('the direct feed', async () => {
  const system = await createSystem();
  return {
    system,
    open: async (maxBatch) => eventStoreFeed(system.log, maxBatch),
    // The log is the source.
    fill: async () => undefined,
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
});
