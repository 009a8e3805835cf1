import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type grpc from '@grpc/grpc-js';
import type { Connection, Node } from './nodes/connection.ts';
import { type ReadMessage, toReadMessage } from './read-message.ts';

export type ReadCall = grpc.ClientReadableStream<ReadMessage>;
export type BatchCall = grpc.ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/*
 * The official client's own calls are not used: it keeps the unanswered appends of all clients of a process in one map
 * and rejects all of them when any connection breaks, after which a late answer ends the process with an uncaught
 * error; its appends have no deadline but the server's; its reads need 15 µs for an event, of which these need 6, and
 * give a checkpoint out ahead of the events that it covers; it asks a frozen leader for as long as it is frozen; and it
 * can't reach an IP address over TLS. Its generated modules are used.
 */

/** Opens a call for appends, any number at once. */
export const openAppends = (connection: Connection, node: Node): BatchCall =>
  connection.track(node.streams.batchAppend(connection.metadata()));

/** Opens a read or a subscription. */
export function openRead(connection: Connection, node: Node, request: ReadReq): ReadCall {
  const { path, requestSerialize } = streamsGrpc.StreamsService.read;
  return connection.track(
    node.streams.makeServerStreamRequest(
      path,
      requestSerialize,
      toReadMessage,
      request,
      connection.metadata(),
    ),
  );
}
