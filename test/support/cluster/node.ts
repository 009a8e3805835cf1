import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import statusProto from '@eventstore/db-client/generated/status_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams, {
  type BatchAppendReq,
  type BatchAppendResp,
  type ReadReq,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { invalidPosition } from './positions.ts';
import { asTombstone, deletedStream } from './tombstones.ts';

/** Stands between clients and the local event store, and answers as a node of EventStoreDB does in bad moments. */
export interface StandInNode {
  readonly port: number;
  readonly connectionString: string;
  /** The network in front of it: a frozen node is silent with its connections open, one that is cut breaks them. */
  readonly network: TcpProxy;
  /**
   * Reads that are not asked of the leader are answered as of this position: its log is that old. Who subscribed gets the
   * rest once it has caught up.
   */
  behindAt: bigint | undefined;
  /** Whether a record of its log begins at a position; any does, unless a test says otherwise. */
  recordBegins: (commit: bigint) => boolean;
  /** A stream that was tombstoned: its last event ends it. */
  tombstoned: string | undefined;
  /** How far its clock is ahead, in milliseconds, by the times of its events. */
  aheadMs: number;
  /** It is starting: appends are refused. */
  starting: boolean;
  /** Calls that it was asked, by name. */
  readonly calls: { reads: number; appends: number; refused: number };
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Its connections break and new ones with them, as while a node that was killed is not back. */
  goDown(): void;
  comeUp(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

interface NodeOptions {
  readonly storePort: number;
  /** Undefined while there is none. By default it leads itself. */
  readonly leader?: () => StandInNode | undefined;
  readonly members?: () => ClusterInfo;
}

type Features = grpc.ServerUnaryCall<Empty, SupportedMethods>;

/** Nobody may listen on it. */
const CLOSED_PORT = 1;
const NOT_READY = 'Server Is Not Ready';

export async function startNode({ storePort, leader, members }: NodeOptions): Promise<StandInNode> {
  const store = new streamsGrpc.StreamsClient(`127.0.0.1:${storePort}`, grpc.credentials.createInsecure());
  const features = new featuresGrpc.ServerFeaturesClient(
    `127.0.0.1:${storePort}`,
    grpc.credentials.createInsecure(),
  );
  const calls = { reads: 0, appends: 0, refused: 0 };
  let behindAt: bigint | undefined;
  const waiting = new Set<() => void>();

  /** What a node that is not the leader answers a call that asks for the leader; undefined if it may answer. */
  function refusal(metadata: grpc.Metadata): Partial<grpc.StatusObject> | undefined {
    if (!leader || metadata.get('requires-leader')[0] !== 'true') return undefined;
    const current = leader();
    if (current === node) return undefined;
    calls.refused += 1;
    if (!current) return { code: grpc.status.UNKNOWN, details: 'No leader info available in response' };
    const trailers = new grpc.Metadata();
    trailers.set('exception', 'not-leader');
    trailers.set('leader-endpoint-host', '127.0.0.1');
    trailers.set('leader-endpoint-port', String(current.port));
    return { code: grpc.status.NOT_FOUND, details: 'Leader info available', metadata: trailers };
  }

  function read(call: grpc.ServerWritableStream<ReadReq, ReadResp>): void {
    calls.reads += 1;
    const refused =
      refusal(call.metadata) ??
      invalidPosition(call.request, node.recordBegins) ??
      deletedStream(call.request, node.tombstoned);
    if (refused) {
      call.emit('error', refused);
      return;
    }
    const source = store.read(call.request);
    const isBehind = leader !== undefined && leader() !== node;
    const subscribes = call.request.getOptions()?.hasSubscription() ?? false;
    /** What a subscriber gets later, in its order. */
    const held: ReadResp[] = [];
    const pass = (message: ReadResp) =>
      call.write(ahead(asTombstone(message, node.tombstoned), node.aheadMs));
    const caughtUp = () => {
      for (const message of held.splice(0)) pass(message);
    };
    waiting.add(caughtUp);
    source.on('data', (message: ReadResp) => {
      const commit = message.getEvent()?.getEvent()?.getCommitPosition();
      const hidden = isBehind && behindAt !== undefined && BigInt(commit ?? 0) > behindAt;
      if (subscribes && (hidden || held.length > 0)) held.push(message);
      else if (!hidden) pass(message);
    });
    const ended = () => waiting.delete(caughtUp);
    source.on('end', () => {
      ended();
      call.end();
    });
    source.on('error', (error) => {
      ended();
      call.emit('error', error);
    });
    call.on('cancelled', () => {
      ended();
      source.cancel();
    });
  }

  function batchAppend(call: grpc.ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    const target = store.batchAppend();
    target.on('data', (response: BatchAppendResp) => call.write(response));
    target.on('error', (error) => call.emit('error', error));
    target.on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      calls.appends += 1;
      const refused = refusal(call.metadata);
      if (refused) {
        target.removeAllListeners('error').on('error', () => undefined);
        target.cancel();
        call.emit('error', refused);
      } else if (node.starting) {
        calls.refused += 1;
        const status = new statusProto.Status().setMessage(NOT_READY);
        const response = new streams.BatchAppendResp().setError(status);
        response.setCorrelationId(request.getCorrelationId());
        call.write(response);
      } else target.write(request);
    });
    call.on('end', () => target.end());
    call.on('cancelled', () => target.cancel());
  }

  const server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  server.addService(streamsGrpc.StreamsService, { read, batchAppend });
  server.addService(featuresGrpc.ServerFeaturesService, {
    getSupportedMethods: (call: Features, answer: grpc.sendUnaryData<SupportedMethods>) => {
      features.getSupportedMethods(call.request, answer);
    },
  });
  if (members) {
    server.addService(gossipGrpc.GossipService, {
      read: (_call: unknown, answer: grpc.sendUnaryData<ClusterInfo>) => answer(null, members()),
    });
  }
  const inner = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  const network = await startTcpProxy(inner);
  let killed: Promise<void> | undefined;
  const kill = () => {
    killed ??= network[Symbol.asyncDispose]().then(() => {
      server.forceShutdown();
      store.close();
      features.close();
    });
    return killed;
  };
  const node: StandInNode = {
    port: network.port,
    connectionString: `esdb://127.0.0.1:${network.port}?tls=false`,
    network,
    get behindAt() {
      return behindAt;
    },
    set behindAt(position) {
      behindAt = position;
      if (position === undefined) for (const caughtUp of waiting) caughtUp();
    },
    recordBegins: () => true,
    tombstoned: undefined,
    aheadMs: 0,
    starting: false,
    calls,
    kill,
    goDown: () => {
      network.retarget(CLOSED_PORT);
      network.cut();
    },
    comeUp: () => network.retarget(inner),
    [Symbol.asyncDispose]: kill,
  };
  return node;
}

/** The message as a server sends it whose clock is ahead. */
function ahead(message: ReadResp, ms: number): ReadResp {
  const properties = message.getEvent()?.getEvent()?.getMetadataMap();
  const created = properties?.get('created');
  // In steps of 100 ns.
  if (created !== undefined && ms !== 0)
    properties?.set('created', String(BigInt(created) + BigInt(ms) * 10_000n));
  return message;
}
