import type { RelaySystem } from './relay-system.ts';

/** Writes the events of new users as long as it is told to. */
export function keepWriting(system: RelaySystem, writers = 3) {
  let on = true;
  let events = 0;
  const write = async () => {
    while (on) {
      const user = system.author();
      await user.signUp();
      await user.subscribe();
      for (const client of ['a', 'b', 'c']) if (on) await user.activate(client, client);
      events += 6;
    }
  };
  const running = Promise.all(Array.from({ length: writers }, write));
  // Its failure is thrown where it is awaited.
  running.catch(() => undefined);
  return {
    get events() {
      return events;
    },
    async stop(): Promise<void> {
      on = false;
      await running;
    },
  };
}
