import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import grpc from '@grpc/grpc-js';
import type { Logger } from '../../shared/process/logger.ts';
import { EventLog } from './log/event-log.ts';
import { append } from './protocol/append/append.ts';
import { BatchAppendCall } from './protocol/append/batch-append.ts';
import { deserializeBatchRequest } from './protocol/append/batch-request.ts';
import { encodeEvent } from './protocol/read/encode-event.ts';
import { serializeRun } from './protocol/read/outlet.ts';
import { read } from './protocol/read/read.ts';
import { notReady } from './protocol/rpc-error.ts';
import { supportedMethods } from './protocol/server-features.ts';

export interface EventStoreOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PostgreSQL; the log is in its schema `event_store`, which is made if it is not there. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export interface EventStore {
  readonly port: number;
  /** What `@eventstore/db-client` is given to connect. */
  readonly connectionString: string;
  /** Answers what it has taken, ends the subscriptions, and releases the log. */
  close(): Promise<void>;
}

/** As large as EventStoreDB lets a message be. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Starts a server that speaks the part of EventStoreDB's protocol that this system uses. It listens also while PostgreSQL
 * is unreachable, and answers every call as unavailable until it has come.
 * @throws LogInUse another server writes this log; else the error of the database, or of the port
 */
export async function startEventStore(options: EventStoreOptions): Promise<EventStore> {
  const { host, databaseUrl, logger } = options;
  const log = new EventLog({ databaseUrl, logger, encode: (event) => encodeEvent(event) });
  try {
    await log.start();
    const closing = new AbortController();
    const batches = new Set<BatchAppendCall>();
    const server = createServer(log, closing.signal, batches, logger);
    const port = await bind(server, `${host}:${options.port}`);
    logger.info({ host, port }, 'event_store_listening');
    return {
      port,
      connectionString: `esdb://${host}:${port}?tls=false`,
      close: async () => {
        closing.abort(notReady());
        for (const batch of batches) batch.close();
        await shutDown(server);
        await log.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

function createServer(
  log: EventLog,
  closing: AbortSignal,
  batches: Set<BatchAppendCall>,
  logger: Logger,
): grpc.Server {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  const { StreamsService } = streamsGrpc;
  server.addService(
    {
      ...StreamsService,
      read: { ...StreamsService.read, responseSerialize: serializeRun },
      batchAppend: { ...StreamsService.batchAppend, requestDeserialize: deserializeBatchRequest },
    },
    {
      read: read(log, closing, logger),
      append: append(log, logger),
      batchAppend: (call: ConstructorParameters<typeof BatchAppendCall>[1]) => {
        const batch = new BatchAppendCall(log, call, logger);
        batches.add(batch);
        call.on('close', () => batches.delete(batch));
      },
    },
  );
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: supportedMethods });
  return server;
}

function bind(server: grpc.Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

/** Waits for the calls that are under way, but not for ever. */
function shutDown(server: grpc.Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => server.forceShutdown(), CLOSE_TIMEOUT_MS);
    server.tryShutdown((error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    });
  });
}
