import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from './config.ts';
import { termsSchema } from './events/terms.ts';

const planSchema = z.strictObject({
  ...termsSchema.shape,
  /** Who may start the plan: customers themselves, or only an operator (the billing system). */
  startedBy: z.enum(['customer', 'operator']),
});

const catalogueSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/), planSchema)
  .refine((plans) => 'free' in plans, {
    message: 'there must be a plan named "free": expired plans fall back to it',
  });

export type Plan = z.infer<typeof planSchema>;
export type PlanCatalogue = Readonly<Record<string, Plan>>;

/** The plan a downgraded subscription falls back to (its entitlements and its name). */
export const FREE_PLAN = 'free';

/**
 * Reads and checks the plan catalogue: JSON, plan name → terms. Read once, at start.
 * @throws ConfigError naming the file and every field that is wrong
 */
export function readPlanCatalogue(
  file: string | URL = new URL('./plans.json', import.meta.url),
): PlanCatalogue {
  const parsed = catalogueSchema.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'catalogue'}: ${message}`,
  );
  throw new ConfigError([`PLAN_CATALOGUE_FILE: ${file}: ${wrong.join('; ')}`]);
}

function readJson(file: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([`PLAN_CATALOGUE_FILE: ${file} can't be read as JSON (${String(error)})`]);
  }
}
