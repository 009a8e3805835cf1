import { freePorts } from '../../local/ports.ts';
import { Compose } from './compose.ts';

/** Of this project; all of them run the one image. */
export const SERVICES = ['command-service', 'query-service', 'projector', 'notifier', 'relay'];

export const IMAGE = 'license-system:latest';

/** For whoever watches: what was measured. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Builds and starts the shipped files under a name and on a port of their own. To be ended with `down`. */
export async function startSystem(): Promise<Compose> {
  const [port] = (await freePorts(1)) as [number];
  const standIns = process.env.STAND_INS === 'true';
  const system = new Compose({ name: `license-test-${process.pid}-${port}`, port, standIns });
  await system.compose('build');
  if (standIns) await system.run('docker', 'tag', IMAGE, 'license-system-event-store');
  const started = performance.now();
  await system.up();
  say(`up after ${Math.round((performance.now() - started) / 1_000)} s`);
  return system;
}
