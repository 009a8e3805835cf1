import type { z } from 'zod';

/** What a setting's schema says of it, as JSON Schema, with the marks of secrets. */
export interface SettingSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** See SECRET in shared/config.ts. */
  readonly secret?: unknown;
}

/** The settings of each service, by its name. Loaded only here: a service's config.ts reads nothing by itself. */
export async function serviceSettings(): Promise<Readonly<Record<string, z.ZodObject>>> {
  return {
    'command-service': (await import('../../command-service/config.ts')).commandSettings,
    'query-service': (await import('../../query-service/config.ts')).querySettings,
    projector: (await import('../../projector/config.ts')).projectorSettings,
    relay: (await import('../../projector/relay/config.ts')).relaySettings,
    notifier: (await import('../../projector/notifier/config.ts')).notifierSettings,
    'history-tables': (await import('../../projector/history/follow/config.ts')).historySettings,
  };
}

export const describeSetting = (field: z.ZodType): SettingSchema =>
  field.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as SettingSchema;

export const isRequired = (field: z.ZodType): boolean => !field.safeParse(undefined).success;
