import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

/** This machine's own addresses that only it can reach: `localhost` is one of them to some programs, and the other to others. */
export const LOOPBACK: readonly string[] = hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
/** Every address of this machine. */
export const EVERYWHERE: readonly string[] = hasIPv6 ? ['0.0.0.0', '::'] : ['0.0.0.0'];

/** Ports nobody listens on now. They are held together until all are chosen, so no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Why the port can't be listened on at one of the addresses, as the system's code; undefined if it can at all. */
export async function portRefusal(port: number, addresses: readonly string[]): Promise<string | undefined> {
  for (const address of addresses) {
    try {
      const server = await listen(port, address);
      await new Promise((resolve) => server.close(resolve));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code && ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(code)) return code;
      throw error;
    }
  }
  return undefined;
}

function listen(port: number, host = '127.0.0.1') {
  return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: true }, () => resolve(server));
  });
}
