import type { EventStoreDBClient } from '@eventstore/db-client';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { AppendReq, AppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type grpc from '@grpc/grpc-js';

interface ClientInternals {
  getGRPCClient(client: typeof streamsGrpc.StreamsClient, name: string): Promise<StreamsClient>;
  callArguments(options: object, callOptions: grpc.CallOptions): [grpc.Metadata, grpc.CallOptions];
}

/** The connection of a client, with its credentials, for calls that its own API does not make. */
export async function rawCalls(client: EventStoreDBClient) {
  const internals = client as unknown as ClientInternals;
  const streams = await internals.getGRPCClient(streamsGrpc.StreamsClient, 'raw');
  const context = () => internals.callArguments({}, { deadline: Number.POSITIVE_INFINITY });
  return {
    /** BatchAppend, with requests of the caller's own form. */
    batchAppend: <Request>(serialize: (request: Request) => Buffer) => {
      const { path, responseDeserialize } = streamsGrpc.StreamsService.batchAppend;
      return streams.makeBidiStreamRequest(path, serialize, responseDeserialize, ...context());
    },
    /** Append: options first, then one message an event. */
    append: (requests: readonly AppendReq[]) =>
      new Promise<AppendResp>((resolve, reject) => {
        const call = streams.append(...context(), (error, response) =>
          error ? reject(error) : resolve(response),
        );
        for (const request of requests) call.write(request);
        call.end();
      }),
    /** Read, also with what the client refuses or leaves out: `$all` with a filter that is no subscription. */
    read: (request: ReadReq): grpc.ClientReadableStream<ReadResp> => streams.read(request, ...context()),
  };
}
