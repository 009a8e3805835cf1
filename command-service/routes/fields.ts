import { text } from '../../shared/http/routes/fields.ts';

/** Which product. A name that the catalogue doesn't have is refused with those that it has. */
export const product = text(1, 32).meta({ description: 'May be left out while there is one product.' });

/** Why, for whoever reads the history. */
export const reason = text(0, 1_024).optional();
