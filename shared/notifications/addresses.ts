import { BlockList, isIP } from 'node:net';

type Range = readonly [network: string, prefix: number];

/** Of what IPv4 has, everything that is not the public internet (IANA's special-purpose registry, RFC 6890). */
const SPECIAL_4: readonly Range[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT; also where some clouds keep their metadata
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** All that is global unicast today; the rest is private, local, mapped or not given out. */
const GLOBAL_6: Range = ['2000::', 3];

/** Of that, what leads elsewhere: into tunnels that hold an IPv4 address, or nowhere. */
const SPECIAL_6: readonly Range[] = [
  ['2001::', 23], // Teredo, benchmarking, ORCHID …
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const listOf = (family: 'ipv4' | 'ipv6', ranges: readonly Range[]): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
};

const special4 = listOf('ipv4', SPECIAL_4);
const global6 = listOf('ipv6', [GLOBAL_6]);
const special6 = listOf('ipv6', SPECIAL_6);

/** Whether an IP address is one of the public internet. Anything that is no address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4');
    case 6:
      return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Why nothing may be sent to a URL, as far as the URL alone tells; where its name leads is seen when it is looked up. */
export type UrlRefusal = 'not_a_url' | 'not_https' | 'credentials' | 'private_address';

/** @param allowPrivate the setting WEBHOOK_ALLOW_PRIVATE */
export function refusalOfUrl(text: string, allowPrivate: boolean): UrlRefusal | undefined {
  if (!URL.canParse(text)) return 'not_a_url';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'https:' && !(allowPrivate && protocol === 'http:')) return 'not_https';
  if (username !== '' || password !== '') return 'credentials';
  const host = hostOf(hostname);
  if (isIP(host) !== 0 && !allowPrivate && !isPublicAddress(host)) return 'private_address';
  return undefined;
}

/** A URL's host as the network's functions want it: an IPv6 address without its brackets. */
export const hostOf = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');
