import { BlockList, isIP, isIPv6 } from 'node:net';

/** Whose `X-Forwarded-For` is believed. */
export interface TrustedProxies {
  /** @param address in any form, such as a socket's `::ffff:10.0.0.1` */
  has(address: string): boolean;
}

/**
 * A hop as proxies write it: bare, with a port (`203.0.113.5:54321`), in brackets (`[2001:db8::1]`) or both, as RFC 7239
 * and the load balancers of clouds have it.
 */
const HOP = /^(?:\[([^\]]+)\]|(\d+(?:\.\d+){3}))(?::\d+)?$/;

/** `::ffff:10.0.0.1` is 10.0.0.1; a zone (`fe80::1%eth0`) names an interface, not a host. */
const plain = (address: string): string => {
  const hop = HOP.exec(address);
  const host = (hop?.[1] ?? hop?.[2] ?? address).split('%', 1)[0] as string;
  return /ffff/i.test(host) ? unmapped(host) : host.toLowerCase();
};

/** IPv4 that is written as IPv6, in whatever form, is IPv4: by its /64 all of it would be one. */
function unmapped(host: string): string {
  if (!isIPv6(host)) return host;
  // A URL's host is written in the one form of RFC 5952.
  const address = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return host.toLowerCase();
  return [high, low]
    .flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255])
    .join('.');
}

/**
 * Reads a list of addresses and networks: `127.0.0.0/8, ::1, 10.1.2.3`.
 * @throws RangeError naming the entry that is none
 */
export function trustedProxies(list: string): TrustedProxies {
  const blocks = new BlockList();
  for (const entry of list.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [address = '', bits] = entry.split('/');
    const family = isIP(address);
    const width = family === 6 ? 128 : 32;
    const prefix = bits === undefined ? width : Number(bits);
    if (family === 0 || !/^\d{1,3}$/.test(bits ?? '0') || prefix > width)
      throw new RangeError(`not an address or network: ${entry}`);
    blocks.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    has(address) {
      const host = plain(address);
      return isIP(host) !== 0 && blocks.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
    },
  };
}

/**
 * The address a request came from: the connection's, or, as long as a trusted proxy says so, the one that it names.
 * Each proxy adds the address that it saw at the right end of the list, so the list is read from there and only as
 * far as the proxies are trusted: what stands further left was written by the caller.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  let address = plain(remoteAddress ?? '');
  if (isIP(address) === 0) return '0.0.0.0';
  const hops = forwardedFor?.split(',') ?? [];
  while (trusted.has(address)) {
    const hop = plain(hops.pop()?.trim() ?? '');
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/**
 * What a limit by address counts by. A host of IPv6 has a whole /64 to itself and could take a new address for
 * every request.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const gap = address.includes('::') ? Array(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  const network = [...left, ...gap, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16));
  return `${network.join(':')}::/64`;
}
