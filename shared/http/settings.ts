import { z } from 'zod';
import { connectionUrl, integer } from '../config.ts';
import { trustedProxies } from './limits/client-address.ts';

/** The settings of every service that answers HTTP, for a service's own. */
export const httpSettings = {
  TRUSTED_PROXIES: z
    .string()
    .default('127.0.0.0/8,::1')
    .transform((list, context) => {
      try {
        return trustedProxies(list);
      } catch (error) {
        const expected = 'expected addresses and networks, separated by commas';
        context.addIssue({ code: 'custom', message: `${expected}: ${(error as RangeError).message}` });
        return z.NEVER;
      }
    })
    .describe('Addresses and networks whose X-Forwarded-For is believed, separated by commas'),
  ANONYMOUS_PER_MINUTE: integer(1, 10_000_000)
    .default(6_000)
    .describe(
      'Requests without a good credential that an address (an IPv6 /64) may send in a minute, over all nodes',
    ),
  DRAIN_MS: integer(0, 60_000)
    .default(1_000)
    .describe('How long requests are still taken after SIGTERM, so that load balancers turn away first'),
};

/** The setting of every process that has to know where people find this system. */
export const publicSettings = {
  PUBLIC_URL: connectionUrl('http://', 'https://')
    .default('http://localhost:8080')
    .describe(
      'The address that people open, such as https://licenses.example.com. Staff log in there over https, or on the machine itself at http://localhost',
    ),
};
