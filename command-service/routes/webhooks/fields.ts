import { z } from 'zod';
import { catalogueName, opaque } from '../../../shared/http/routes/fields.ts';
import { WEBHOOK_TYPES } from '../../../shared/webhooks/types.ts';

/** Where deliveries go. It stands in the log for ever, so it names no person and holds no password. */
export const url = opaque(2_048)
  .refine((value) => !URL.canParse(value) || new URL(value).hash === '', {
    error: 'expected an address without a fragment (#…): it is never sent',
  })
  .meta({ format: 'uri', examples: ['https://hooks.example.com/licenses'] });

export const types = z
  .array(z.enum(WEBHOOK_TYPES))
  .min(1, 'expected at least one type; leave it out for all of them')
  .max(WEBHOOK_TYPES.length)
  .refine((values) => new Set(values).size === values.length, { error: 'a type is named twice' })
  .meta({ uniqueItems: true, examples: [['subscription.started', 'license.activated']] });

export const product = catalogueName;

export const description = opaque(256).meta({
  description: 'For whoever looks at the list; it names no person.',
  examples: ['CRM'],
});
