import { promises as dns, type LookupAddress } from 'node:dns';

/** All addresses of a name. @throws Error, with the code of node:dns */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const TIMEOUT_MS = 2_000;
const TRIES = 2;

type Resolver = Pick<dns.Resolver, 'resolve4' | 'resolve6'>;

/** What the name servers say, as long as one of both families is there. */
async function askNameServers(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
}

const isUnknown = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');

/**
 * Asks the name servers itself. The system's own lookup holds one of Node's four threads for as long as a name server is
 * silent, so that four endpoints with such names would hold up the deliveries to all others. It is asked for what stands in no
 * DNS: names without a dot, and those that the name servers don't know (the hosts file).
 */
export function createResolve(
  resolver: Resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES }),
  system: Resolve = (hostname) => dns.lookup(hostname, { all: true }),
): Resolve {
  return async (hostname) => {
    if (!hostname.includes('.')) return system(hostname);
    try {
      return await askNameServers(resolver, hostname);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      return system(hostname);
    }
  };
}
