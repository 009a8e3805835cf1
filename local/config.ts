import { z } from 'zod';
import { kafkaConfig, kafkaSettings } from '../shared/adapters/kafka/settings.ts';
import { integer, readConfig } from '../shared/config.ts';
import { trustedProxies } from '../shared/http/limits/client-address.ts';
import type { KafkaSource } from './broker.ts';

/** The settings that the launcher and the services share; both read them from the launcher's environment. */
const schema = z
  .object({
    SIGNUPS_PER_MINUTE: integer(1, 1_000_000).default(60),
    LOGINS_PER_MINUTE: integer(1, 1_000_000).default(60),
    LOAD_BALANCERS: z
      .string()
      .default('')
      .transform((list, context) => {
        try {
          trustedProxies(list);
          return list.split(',').flatMap((entry) => entry.trim() || []);
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as RangeError).message });
          return z.NEVER;
        }
      }),
    PROXY_PROTOCOL: z.enum(['on', 'off']).default('off'),
  })
  // It would count all customers as one, under the load balancer's address.
  .refine(({ PROXY_PROTOCOL, LOAD_BALANCERS }) => PROXY_PROTOCOL === 'off' || LOAD_BALANCERS.length > 0, {
    path: ['LOAD_BALANCERS'],
    error: 'name the load balancers whose PROXY protocol is believed: PROXY_PROTOCOL is on',
  });

export type LauncherConfig = z.infer<typeof schema>;

/** @throws ConfigError a setting is malformed */
export const readLauncherConfig = (env: Record<string, string | undefined>): LauncherConfig =>
  readConfig(schema, env);

/**
 * The broker that KAFKA_BROKERS names, with the settings that belong to it; else the stack has one of its own.
 * @throws ConfigError a setting is malformed
 */
export function readKafkaSource(env: Record<string, string | undefined>): KafkaSource {
  if (!env.KAFKA_BROKERS) return 'own';
  kafkaConfig(env);
  return Object.fromEntries(
    Object.keys(kafkaSettings).flatMap((name) => {
      const value = env[name];
      return value ? [[name, value]] : [];
    }),
  );
}
