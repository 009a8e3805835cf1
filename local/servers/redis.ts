import { connect } from 'node:net';
import type { ProcessSpec } from '../processes/process.ts';
import { type Account, serverDirectory } from './account.ts';

export interface RedisServerOptions {
  readonly program: string;
  readonly directory: string;
  readonly port: number;
  readonly account: Account | undefined;
  readonly logFile: string;
}

/** A Redis that saves its data once a minute; losing what came since costs speed, nothing else. */
export function prepareRedis(options: RedisServerOptions): ProcessSpec {
  const directory = serverDirectory(options.directory, options.account);
  const settings = [
    ['bind', '127.0.0.1'],
    ['port', String(options.port)],
    ['dir', directory],
    ['save', '60 1'],
    ['appendonly', 'no'],
    ['maxmemory', '256mb'],
    ['maxmemory-policy', 'allkeys-lru'],
  ];
  return {
    name: 'redis',
    command: options.program,
    args: settings.flatMap(([name, value]) => [`--${name}`, value as string]),
    user: options.account,
    cwd: directory,
    logFile: options.logFile,
  };
}

/** True if the server answers PING now. */
export function redisAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (answer) => {
      resolve(answer.toString().startsWith('+PONG'));
      socket.destroy();
    });
    // Not there yet: the caller asks again.
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
