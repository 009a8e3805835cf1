import { FeedStop } from '../../projector/errors.ts';

/** A stop of the feed with what to do about it in its message; any other error as it is. */
export const withWayOut = (error: unknown): unknown =>
  error instanceof FeedStop
    ? new FeedStop(error.code, `${error.message}\n  ${error.wayOut}`, error.wayOut, { cause: error.cause })
    : error;
