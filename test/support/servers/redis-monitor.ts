import { once } from 'node:events';
import { connect } from 'node:net';
import type { Redis } from '../../../shared/adapters/redis/client.ts';
import { eventually } from '../eventually.ts';

export interface Monitor {
  /** What Redis was asked since, one command a line, as MONITOR says it. */
  lines(): readonly string[];
  [Symbol.dispose](): void;
}

/**
 * Follows the commands of a Redis. By a connection of its own: the driver's `monitor()` fails ("Command queue state error")
 * where a command comes in the packet that answers it.
 */
export async function monitor({ options }: Redis): Promise<Monitor> {
  const socket = connect(options.port as number, options.host);
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await once(socket, 'connect');
  socket.write('MONITOR\r\n');
  await eventually('monitored', () => text.startsWith('+OK'));
  return {
    // The last line may not be whole yet.
    lines: () => text.split('\r\n').slice(1, -1),
    [Symbol.dispose]: () => socket.destroy(),
  };
}
