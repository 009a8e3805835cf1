import { createReader } from '../../../shared/events/codec.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { ERASED } from '../../../shared/vault/personal.ts';
import type { Decoder } from '../../write/decode.ts';

/** Stands in for the vault: everybody looks erased, so that no key is needed and no personal data is read. */
const WITHOUT_PERSONAL: Decoder['vault'] = {
  dataKeys: async (userIds) => new Map(userIds.map((userId) => [userId, ERASED])),
};

/** Decodes events for the history tables, which hold no personal data. */
export const historyDecoder = (logger: Logger): Decoder => ({
  reader: createReader(),
  vault: WITHOUT_PERSONAL,
  consumer: 'tool',
  foreign: (event) => logger.warn({ err: event }, 'foreign_event'),
});
