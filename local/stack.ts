import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startBackends } from './backends.ts';
import type { Options } from './options.ts';
import { freePorts, portRefusal } from './ports.ts';
import { ProcessRegistry } from './processes/registry.ts';
import { type Adjust, answersOk, Supervisor, untilReady } from './processes/supervisor.ts';
import { StartRefused } from './refused.ts';
import { serverAccount } from './servers/account.ts';
import { prepareNginx } from './servers/nginx.ts';
import { findPrograms } from './servers/programs.ts';
import { type Backends, eventStoreSpec, serviceEnvironment, serviceSpec } from './services.ts';
import { runTool } from './tool.ts';

export interface Stack {
  readonly url: string;
  readonly backends: Backends;
  stop(): Promise<void>;
}

type Say = (line: string) => void;

/**
 * Starts everything and resolves when a request through Nginx is answered. What an earlier launcher left running (it
 * was killed) is ended first; its data is kept. `adjust` may change what a process is started with: tests put proxies
 * between processes so, and give a setting to one node alone.
 * @throws StartRefused another launcher is running here, or the port is taken
 * @throws the signal's reason, once all that was started is stopped
 * @throws ProgramsMissing a server is not installed and can't be
 */
export async function startStack(
  options: Options,
  say: Say,
  signal: AbortSignal,
  adjust?: Adjust,
): Promise<Stack> {
  mkdirSync(path.join(options.data, 'logs'), { recursive: true });
  mkdirSync(path.join(options.data, 'keys'), { recursive: true, mode: 0o700 });
  const registry = await takeOver(options, say);
  const supervisor = new Supervisor(registry, say, signal, adjust);
  const stop = async () => {
    await supervisor.stop();
    registry.clear();
  };
  try {
    const backends = await startBackends(options, supervisor, say);
    writeEnvironment(backends);
    const url = await startServices(options, backends, supervisor, say);
    return { url, backends, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function takeOver(options: Options, say: Say): Promise<ProcessRegistry> {
  const registry = new ProcessRegistry(path.join(options.data, 'processes.json'));
  const other = await registry.runningLauncher();
  if (other !== undefined) {
    throw new StartRefused(
      `already running with this data (pid ${other}). Stop it with Ctrl-C there, or use --data DIR.`,
    );
  }
  const leftovers = await registry.endLeftovers();
  if (leftovers.length > 0) say(`Ended what an earlier start left running: ${leftovers.join(', ')}`);
  const refusal = await portRefusal(options.port, options.addresses);
  if (refusal) throw new StartRefused(whyNot(refusal, options));
  await registry.add('launcher', process.pid);
  return registry;
}

function whyNot(refusal: string, { port, addresses }: Options): string {
  const another = 'Choose another: npm start -- --port 8081';
  switch (refusal) {
    case 'EACCES':
      return `port ${port} needs more rights than this account has. ${another}`;
    case 'EADDRNOTAVAIL':
      return `${addresses.join(', ')} is no address of this machine. Leave --host out, or name one of its own.`;
    default:
      return `port ${port} is taken by another program. ${another}`;
  }
}

/** For the tool: `npm run cli` reads it, so that it talks to the stack that runs here. */
function writeEnvironment(backends: Backends): void {
  const lines = Object.entries(serviceEnvironment(backends)).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  writeFileSync(path.join(backends.data, 'env'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Of a start that failed PostgreSQL is stopped again, so that the tool's own way out would find none. */
async function ensureKeys({ replaceKeys, data }: Options, backends: Backends): Promise<void> {
  try {
    await runTool(backends, 'keys', 'ensure', ...(replaceKeys ? ['--replace-lost'] : []));
  } catch (cause) {
    const { message } = cause as Error;
    const wayOut = `Here that is: npm start -- --replace-keys; or remove ${data} to begin with nothing.`;
    throw message.includes('--replace-lost') ? new StartRefused(`${message}\n${wayOut}`, { cause }) : cause;
  }
}

const numbered = (kind: string, entry: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `${kind}-${i + 1}`, entry }));

/** A notifier that is new reads a log to its end before it is ready: of eight million events that takes minutes. */
const SERVICES_WITHIN_MS = 600_000;

/** @returns where Nginx answers plain HTTP */
async function startServices(
  options: Options,
  backends: Backends,
  supervisor: Supervisor,
  say: Say,
): Promise<string> {
  say('Starting the event store and the services …');
  const { eventStorePort } = backends;
  if (eventStorePort !== undefined)
    await supervisor.start('event store', eventStoreSpec(backends, eventStorePort));
  await runTool(backends, 'migrate');
  await ensureKeys(options, backends);

  const services = [
    ...(backends.kafka ? [{ name: 'relay', entry: 'projector/relay/main.ts' }] : []),
    ...Array.from({ length: options.projectors }, (_, i) => ({
      name: i === 0 ? 'projector' : `projector-${i + 1}`,
      entry: 'projector/main.ts',
    })),
    { name: 'notifier', entry: 'projector/notifier/main.ts' },
    ...numbered('command', 'command-service/main.ts', options.commandNodes),
    ...numbered('query', 'query-service/main.ts', options.queryNodes),
  ];
  const ports = await freePorts(services.length);
  const started = services.map(({ name, entry }, i) => {
    const port = ports[i] as number;
    return { name, port, spec: serviceSpec(name, entry, port, backends) };
  });
  const portsOf = (kind: string) =>
    started.filter(({ name }) => name.startsWith(`${kind}-`)).map(({ port }) => port);
  await Promise.all(
    started.map(async ({ spec, port }) =>
      untilReady(
        await supervisor.start('services', spec),
        () => answersOk(`http://127.0.0.1:${port}/health/ready`),
        supervisor.signal,
        { timeoutMs: SERVICES_WITHIN_MS, say },
      ),
    ),
  );

  const { nginx } = findPrograms(['nginx'], say);
  const [plainPort] = options.limits.PROXY_PROTOCOL === 'on' ? await freePorts(1) : [];
  const url = plainPort === undefined ? backends.publicUrl : `http://127.0.0.1:${plainPort}`;
  const proxy = await supervisor.start(
    'proxy',
    prepareNginx({
      program: nginx,
      directory: path.join(options.data, 'nginx'),
      addresses: options.addresses,
      port: options.port,
      account: serverAccount(),
      logFile: path.join(options.data, 'logs', 'nginx.log'),
      accessLog: path.join(options.data, 'logs', 'nginx-access.log'),
      commandPorts: portsOf('command'),
      queryPorts: portsOf('query'),
      signUpsPerMinute: options.limits.SIGNUPS_PER_MINUTE,
      logInsPerMinute: options.limits.LOGINS_PER_MINUTE,
      loadBalancers: options.limits.LOAD_BALANCERS,
      plainPort,
    }),
  );
  await untilReady(proxy, () => answersOk(`${url}/health`), supervisor.signal);
  if (plainPort !== undefined)
    say(`Port ${options.port} takes the PROXY protocol alone; this machine is answered at ${url}`);
  return url;
}
