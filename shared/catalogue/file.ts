import { z } from 'zod';
import { FIRST_PRODUCT } from '../events/schemas/level-2/steps.ts';
import { termsSchema, termsSchema1 } from '../events/schemas/terms.ts';
import { expected } from '../expected.ts';
import { CATALOGUE_NAME, type Catalogue, FREE_PLAN, type Plan, type Product } from './catalogue.ts';

const NAME = 'a name begins with a letter (a-z), and has at most 32 of a-z, 0-9, - and _';

const names = z.unknown().superRefine((members, context) => {
  for (const name of Object.keys(members ?? {})) {
    if (!CATALOGUE_NAME.test(name)) context.addIssue({ code: 'custom', path: [name], message: NAME });
  }
});

/** Names and values side by side: a record whose key type refuses a name does not look at its value. */
const byName = <S extends z.ZodType>(value: S) => z.intersection(names, z.record(z.string(), value));

const planSchema = z.strictObject({
  ...termsSchema.shape,
  price: termsSchema.shape.price.default(null),
  trialDays: z.int().min(1).max(365).nullable().default(null),
  startedBy: z.enum(['customer', 'staff']),
});

const atLeastOne = <S extends z.ZodType>(what: string, value: S) =>
  byName(value).refine((members) => Object.keys(members).length > 0, {
    error: `there must be at least one ${what}`,
  });

const fileSchema = z.strictObject({
  products: atLeastOne('product', z.strictObject({ plans: atLeastOne('plan', planSchema) })),
});

/** The catalogue as its file has it. */
export type CatalogueFile = z.infer<typeof fileSchema>;

const oldPlanSchema = z.strictObject({
  ...termsSchema1.shape,
  replacementsPerMonth: termsSchema.shape.replacementsPerMonth.default(null),
  price: termsSchema.shape.price.default(null),
  startedBy: z.enum(['customer', 'operator']),
});

/** The form that files had before there were products: a plan's name, and its terms. */
const oldFileSchema = byName(oldPlanSchema);

const inNewForm = (plans: z.infer<typeof oldFileSchema>): CatalogueFile => ({
  products: {
    [FIRST_PRODUCT]: {
      plans: Object.fromEntries(
        Object.entries(plans).map(([plan, { startedBy, ...terms }]) => [
          plan,
          { ...terms, trialDays: null, startedBy: startedBy === 'operator' ? 'staff' : startedBy },
        ]),
      ),
    },
  },
});

export type ParsedCatalogue =
  | {
      readonly catalogue: Catalogue;
      /** The file as it should be written now, where it has the form from before there were products. */
      readonly newForm?: CatalogueFile;
      readonly mistakes?: never;
    }
  | {
      readonly catalogue?: never;
      readonly newForm?: never;
      /** Each begins with its place: `products.app.plans.pro.maxClients: …`. */
      readonly mistakes: readonly string[];
    };

const isOldForm = (json: unknown): boolean =>
  typeof json === 'object' &&
  json !== null &&
  !('products' in json) &&
  Object.values(json).some((plan) => typeof plan === 'object' && plan !== null && 'maxClients' in plan);

/** Checks what a catalogue's file holds, and says what is wrong with it by the places of the mistakes. */
export function parseCatalogue(json: unknown): ParsedCatalogue {
  if (isOldForm(json)) {
    const old = oldFileSchema.safeParse(json, { error: expected });
    if (!old.success) return { mistakes: mistakesOf(old.error) };
    const newForm = inNewForm(old.data);
    return { catalogue: catalogueOf(newForm), newForm };
  }
  const parsed = fileSchema.safeParse(json, { error: expected });
  return parsed.success ? { catalogue: catalogueOf(parsed.data) } : { mistakes: mistakesOf(parsed.error) };
}

const mistakesOf = ({ issues }: z.ZodError): string[] => issues.flatMap(mistakes);

function mistakes(issue: z.core.$ZodIssue): string[] {
  const place = (...further: readonly PropertyKey[]) =>
    [...issue.path, ...further].map(String).join('.') || 'catalogue';
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place(key)}: ${issue.message}`);
  return [`${place()}: ${issue.message}`];
}

const catalogueOf = ({ products }: CatalogueFile): Catalogue => ({
  products: new Map(
    Object.entries(products).map(([product, { plans }]) => [product, productOf(product, plans)]),
  ),
});

function productOf(product: string, file: CatalogueFile['products'][string]['plans']): Product {
  const plans = new Map(
    Object.entries(file).map(([plan, { trialDays, startedBy, ...terms }]): [string, Plan] => [
      plan,
      { plan, terms, trialDays, startedBy },
    ]),
  );
  return { product, plans, free: plans.get(FREE_PLAN) };
}
