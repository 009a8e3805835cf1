import { freePorts } from '../../../local/ports.ts';
import type { ProcessSpec } from '../../../local/processes/process.ts';
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts';

/** The way from a process to one that it connects to. */
export interface Link {
  /** The name of the process: `query-1`, `nginx`, … */
  readonly from: string;
  readonly to: string;
  readonly network: TcpProxy;
}

/** By which settings which kinds of processes are told where another one is. All are told all of them. */
const ADDRESSES: Readonly<Record<string, { readonly to: string; readonly users: readonly string[] }>> = {
  DATABASE_URL: { to: 'postgres', users: ['command', 'query', 'projector', 'notifier', 'relay'] },
  EVENT_STORE_DATABASE_URL: { to: 'postgres', users: ['event-store'] },
  REDIS_URL: { to: 'redis', users: ['command', 'query', 'projector'] },
  EVENTSTORE_URL: { to: 'event-store', users: ['command', 'query', 'projector', 'notifier', 'relay'] },
};

/** `query` of `query-2`: nodes of one kind do the same work. */
export const kindOf = (process: string): string => process.replace(/-\d+$/, '');

/** Proxies between all processes of a system. The tool reaches what it needs directly. */
export class Links implements AsyncDisposable {
  readonly #links: Link[] = [];
  readonly #adjusted = new Map<string, Promise<ProcessSpec>>();

  /** Those of all processes of a kind, or of one of them, to another. @throws Error there is none */
  between(from: string, to: string): readonly Link[] {
    const links = this.#links.filter(
      (link) => [link.from, kindOf(link.from)].includes(from) && [link.to, kindOf(link.to)].includes(to),
    );
    if (links.length === 0) throw new Error(`${from} does not connect to ${to}`);
    return links;
  }

  /** Every link to a process. */
  to(name: string): readonly Link[] {
    return this.#links.filter((link) => link.to === name);
  }

  all(): readonly Link[] {
    return this.#links;
  }

  /**
   * Gives a process the addresses of proxies, and puts one in front of a node that Nginx sends requests to. It is asked
   * before each start, and answers the same each time.
   */
  readonly adjust = (spec: ProcessSpec): Promise<ProcessSpec> => {
    const adjusted = this.#adjusted.get(spec.name) ?? this.#putBetween(spec);
    this.#adjusted.set(spec.name, adjusted);
    return adjusted;
  };

  async #putBetween(spec: ProcessSpec): Promise<ProcessSpec> {
    const env: Record<string, string> = { ...spec.env };
    for (const [setting, { to, users }] of Object.entries(ADDRESSES)) {
      const address = env[setting];
      if (address === undefined || !users.includes(kindOf(spec.name))) continue;
      const url = new URL(address);
      const network = await startTcpProxy(Number(url.port));
      this.#links.push({ from: spec.name, to, network });
      url.port = String(network.port);
      env[setting] = url.href;
    }
    if (['command', 'query'].includes(kindOf(spec.name))) {
      const [port] = (await freePorts(1)) as [number];
      const network = await startTcpProxy(port, { port: Number(env.PORT) });
      this.#links.push({ from: 'nginx', to: spec.name, network });
      env.PORT = String(port);
    }
    return { ...spec, env };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#links.map(({ network }) => network[Symbol.asyncDispose]()));
  }
}
