/** Where a node of the event store is reached. */
export interface Endpoint {
  /** A host name or an IP address, without brackets. */
  readonly address: string;
  readonly port: number;
  /** The name that its certificate must bear, where `address` was looked up from one. */
  readonly name?: string;
}

export const sameEndpoint = (one: Endpoint, other: Endpoint | undefined): boolean =>
  one.address === other?.address && one.port === other.port;

/** As URLs and gRPC write it: `name:2113`, `10.0.0.1:2113`, `[::1]:2113`. */
export const formatEndpoint = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
