import { setTimeout as wait } from 'node:timers/promises';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc, { type StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import grpc from '@grpc/grpc-js';
import { channelTo } from './channel.ts';
import type { ConnectionSettings, NodePreference } from './connection-string.ts';
import { type Endpoint, formatEndpoint, sameEndpoint } from './endpoint.ts';
import { findNode } from './gossip.ts';

/** A node that calls can be made on now. */
export interface Node {
  readonly endpoint: Endpoint;
  readonly streams: StreamsClient;
}

/** How long a cluster's node is looked for: an election takes 1 to 2 s, of a frozen leader about 5. */
const FIND_MS = 5_000;
const PAUSE_MS = 100;
/** Longer for a single node: there is no other to go to. */
const CONNECT_MS = { single: 5_000, cluster: 1_000 };

interface Cancellable {
  cancel(): void;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * The one node that calls go to: the leader, or one that is preferred. It is looked for with the first call, and again
 * once a call has said that the node failed. Calls under way on a node that was given up go on until they end.
 */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #preference: NodePreference;
  readonly #calls = new Set<Cancellable>();
  #node: Promise<Node> | undefined;
  #current: Node | undefined;
  /** The node that failed last, until another is found. */
  #failed: Endpoint | undefined;
  /** Where a node that is not the leader says that the leader is. */
  #told: Endpoint | undefined;
  #closed = false;

  constructor(settings: ConnectionSettings, preference: NodePreference) {
    this.#settings = settings;
    this.#preference = preference;
  }

  /** A connected node. @throws Error none could be found or connected to: nothing was sent */
  async node(): Promise<Node> {
    const node = await this.#found();
    if (stateOf(node) === grpc.connectivityState.READY) return node;
    this.failed(node);
    return this.#found();
  }

  /** What every call says: who asks, and that only the leader may answer (a follower's log may be older). */
  metadata(): grpc.Metadata {
    const { credentials, tls, connectionName } = this.#settings;
    const metadata = new grpc.Metadata();
    if (connectionName) metadata.set('connection-name', connectionName);
    if (this.#preference === 'leader') metadata.set('requires-leader', 'true');
    if (credentials && tls) {
      const token = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
      metadata.set('authorization', `Basic ${token}`);
    }
    return metadata;
  }

  /** The next call looks for a node again. @param leader where it is now, if the node has said so */
  failed(node: Node, leader?: Endpoint): void {
    if (this.#current !== node) return;
    this.#current = undefined;
    this.#node = undefined;
    this.#failed = node.endpoint;
    this.#told = leader;
    node.streams.close();
  }

  /** Closing the connection ends the call. */
  track<T extends Cancellable>(call: T): T {
    this.#calls.add(call);
    call.once('close', () => this.#calls.delete(call));
    return call;
  }

  /** Ends all calls. */
  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    this.#current?.streams.close();
  }

  #found(): Promise<Node> {
    if (this.#closed) return Promise.reject(new Error('the event log was closed'));
    const finding = this.#node ?? this.#find();
    this.#node = finding;
    finding.catch(() => {
      if (this.#node === finding) this.#node = undefined;
    });
    return finding;
  }

  async #find(): Promise<Node> {
    const until = performance.now() + FIND_MS;
    for (;;) {
      try {
        const node = await this.#connect(await this.#endpoint());
        this.#current = node;
        this.#failed = undefined;
        if (this.#closed) node.streams.close();
        return node;
      } catch (error) {
        if (this.#closed || !this.#isCluster || performance.now() > until) throw error;
      }
      await wait(PAUSE_MS);
    }
  }

  get #isCluster(): boolean {
    return this.#settings.discover || this.#settings.seeds.length > 1;
  }

  #endpoint(): Promise<Endpoint> | Endpoint {
    const told = this.#told;
    this.#told = undefined;
    if (told && !sameEndpoint(told, this.#failed)) return told;
    if (!this.#isCluster) return this.#settings.seeds[0] as Endpoint;
    return findNode(this.#settings, this.#preference, this.#failed);
  }

  async #connect(endpoint: Endpoint): Promise<Node> {
    const { credentials, options } = channelTo(endpoint, this.#settings);
    const streams = new streamsGrpc.StreamsClient(formatEndpoint(endpoint), credentials, options);
    try {
      await connected(streams, this.#isCluster ? CONNECT_MS.cluster : CONNECT_MS.single);
      return { endpoint, streams };
    } catch (error) {
      this.#failed = endpoint;
      streams.close();
      throw error;
    }
  }
}

const stateOf = ({ streams }: Node) => streams.getChannel().getConnectivityState(false);

/** Resolves once the channel is connected; rejects as soon as an attempt has failed. */
async function connected(streams: StreamsClient, timeoutMs: number): Promise<void> {
  const { READY, TRANSIENT_FAILURE, SHUTDOWN } = grpc.connectivityState;
  const channel = streams.getChannel();
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === READY) return;
    if (state === TRANSIENT_FAILURE || state === SHUTDOWN) throw await reasonOf(streams);
    await new Promise<void>((resolve, reject) => {
      channel.watchConnectivityState(state, deadline, (error) =>
        error ? reject(new Error(`connecting to ${channel.getTarget()} took too long`)) : resolve(),
      );
    });
  }
}

/** Why connecting failed: a channel tells it to calls alone, which fail at once, unsent. */
const reasonOf = (streams: StreamsClient) =>
  new Promise<Error>((resolve) => {
    const { path, requestSerialize, responseDeserialize } =
      features.ServerFeaturesService.getSupportedMethods;
    const options = { deadline: Date.now() + PAUSE_MS };
    streams.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new shared.Empty(),
      options,
      (error) => resolve(error ?? new Error('connecting failed')),
    );
  });
