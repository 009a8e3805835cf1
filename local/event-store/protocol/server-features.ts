import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';

/** The EventStoreDB whose behaviour is served. */
const VERSION = '24.10.14';

const STREAMS = 'event_store.client.streams.streams';

/** What clients look up to choose how they talk: that there is a batch append, and that reads carry positions. */
const METHODS: readonly (readonly [service: string, method: string, features: string[]])[] = [
  [STREAMS, 'read', ['position', 'events']],
  [STREAMS, 'append', []],
  [STREAMS, 'batchappend', ['deadline_duration']],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

export function supportedMethods(
  _call: ServerUnaryCall<Empty, SupportedMethods>,
  respond: sendUnaryData<SupportedMethods>,
): void {
  const methods = METHODS.map(([service, name, list]) =>
    new features.SupportedMethod().setServiceName(service).setMethodName(name).setFeaturesList(list),
  );
  respond(null, new features.SupportedMethods().setEventStoreServerVersion(VERSION).setMethodsList(methods));
}
