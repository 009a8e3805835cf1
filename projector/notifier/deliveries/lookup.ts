import { isIP, type LookupFunction } from 'node:net';
import { hostOf, isPublicAddress } from '../../../shared/notifications/addresses.ts';
import { createResolve, type Resolve } from './resolve.ts';

/** The place that a URL names is one that nothing may be sent to. */
export class AddressRefused extends Error {
  readonly code = 'address_refused';
  constructor(host: string, address: string) {
    super(
      host === address
        ? `${address} is not a public address`
        : `${host} leads to ${address}, which is not a public address`,
    );
    this.name = 'AddressRefused';
  }
}

export interface Gate {
  /** For the connection: it goes to what was looked up and judged here, and the name is not asked for again. */
  readonly lookup: LookupFunction;
  /** The same for a host that is an address, which no connection looks up. @throws AddressRefused */
  assertAllowed(url: URL): void;
}

/**
 * Lets nothing through to addresses that are not allowed. A name with one such address among others is refused whole:
 * which of them a connection takes is not up to us.
 */
export function createGate(
  isAllowed: (address: string) => boolean = isPublicAddress,
  resolve: Resolve = createResolve(),
): Gate {
  const assert = (host: string, address: string) => {
    if (!isAllowed(address)) throw new AddressRefused(host, address);
  };
  return {
    lookup(hostname, options, callback) {
      resolve(hostname)
        .then((found) => {
          const [first] = found;
          if (!first) throw new Error(`${hostname} has no address`);
          for (const { address } of found) assert(hostname, address);
          if (options.all) callback(null, found);
          else callback(null, first.address, first.family);
        })
        .catch((error: Error) => callback(error, '', 0));
    },
    assertAllowed({ hostname }) {
      const host = hostOf(hostname);
      if (isIP(host) !== 0) assert(host, host);
    },
  };
}
