import type { Readable } from 'node:stream';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { UnavailableError } from '@eventstore/db-client';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import grpc from '@grpc/grpc-js';
import { type ReadMessage, toReadMessage } from './read-message.ts';

export type ReadCall = grpc.ClientReadableStream<ReadMessage>;
export type BatchStream = grpc.ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/**
 * What is used of the client beside its public methods, all of it `protected` there: its way of opening a call on the
 * connection that it found, keeps and renews. The client's version is pinned, and the contract suite fails if a
 * later one moves them.
 */
interface ClientInternals {
  GRPCStreamCreator<T extends Readable>(
    client: typeof streamsGrpc.StreamsClient,
    name: string,
    create: (client: StreamsClient) => Promise<T>,
  ): () => Promise<T>;
  callArguments(options: object, callOptions: grpc.CallOptions): [grpc.Metadata, grpc.CallOptions];
  handleError(client: StreamsClient, error: Error): Promise<void>;
  getChannel(): Promise<grpc.Channel>;
}

const CONNECT_TIMEOUT_MS = 5_000;

const internals = (client: EventStoreDBClient) => client as unknown as ClientInternals;

/**
 * Opens a call for appends. The client's own `appendToStream` is not used: it keeps the unanswered appends of all
 * clients of a process in one map and rejects all of them when any connection breaks; the answers that still come
 * on the other connections, and the writes that wait for a full connection when it breaks, then end the process
 * with an uncaught error. And it never gives up waiting: its deadline is only told to the server.
 * @throws Error there is no connection: nothing was sent
 */
export function openBatchStream(client: EventStoreDBClient): Promise<BatchStream> {
  const inside = internals(client);
  return inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'batchAppend', async (streams) => {
    try {
      await connected(streams.getChannel());
    } catch (error) {
      // Makes the client look for another node, or try this one again without waiting ever longer in between.
      await inside.handleError(streams, error as Error);
      throw error;
    }
    return streams.batchAppend(...inside.callArguments({}, { deadline: Number.POSITIVE_INFINITY }));
  })();
}

/**
 * Opens a read or a subscription. The client's own reads need 15 µs for an event, of which this needs 6: they decode
 * every field, convert it, and pass it through a second stream; and a checkpoint comes out of them ahead of the events
 * that it covers.
 */
export function openRead(client: EventStoreDBClient, request: ReadReq): Promise<ReadCall> {
  const inside = internals(client);
  const { path, requestSerialize } = streamsGrpc.StreamsService.read;
  return inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'read', async (streams) => {
    const [metadata, options] = inside.callArguments({}, { deadline: Number.POSITIVE_INFINITY });
    return streams.makeServerStreamRequest(path, requestSerialize, toReadMessage, request, metadata, options);
  })();
}

/** Ends all calls and closes the connection. */
export async function closeClient(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  (await internals(client).getChannel()).close();
}

/** Resolves once the channel is connected; rejects as soon as an attempt has failed. */
async function connected(channel: ReturnType<StreamsClient['getChannel']>): Promise<void> {
  const { READY, TRANSIENT_FAILURE, SHUTDOWN } = grpc.connectivityState;
  const deadline = Date.now() + CONNECT_TIMEOUT_MS;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === READY) return;
    if (state === TRANSIENT_FAILURE || state === SHUTDOWN)
      throw new UnavailableError(undefined, 'not connected');
    await new Promise<void>((resolve, reject) => {
      channel.watchConnectivityState(state, deadline, (error) =>
        error ? reject(new UnavailableError(undefined, 'connecting took too long')) : resolve(),
      );
    });
  }
}
