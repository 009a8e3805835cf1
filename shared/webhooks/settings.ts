import { flag } from '../config.ts';

/** Of who takes the addresses of webhooks and of who sends there. */
export const webhookSettings = {
  WEBHOOK_ALLOW_PRIVATE: flag
    .prefault('false')
    .describe(
      'Whether webhooks may go to private, loopback and other special addresses, and over plain http: for development',
    ),
};
