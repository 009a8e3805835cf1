import type { EventVersion } from '../version.ts';

type Json = Readonly<Record<string, unknown>>;

/** The product of everything that was sold before there were products. */
export const FIRST_PRODUCT = 'app';

const termsUp = (terms: unknown): Json => ({
  ...(terms as Json),
  replacementsPerMonth: null,
  price: null,
});

const termsDown = (terms: unknown): Json => {
  const { replacementsPerMonth: _replacements, price: _price, ...older } = terms as Json;
  return older;
};

/** Level 1 has no place for it: another product, several, or a trial. */
const fitsLevel1 = ({ product: sold, quantity: bought, trial }: Json): boolean =>
  sold === FIRST_PRODUCT && (bought ?? 1) === 1 && trial !== true;

type Steps = NonNullable<EventVersion['fromPrevious']>;

/** From version 1 to version 2. What version 1 can't say is not written at level 1. */
export const steps2: Readonly<Record<string, Steps>> = {
  PasswordChanged: {
    data: { up: (older) => older, down: ({ resetId: _reset, ...older }) => older },
  },
  SubscriptionStarted: {
    data: {
      up: ({ terms, ...older }) => ({
        ...older,
        product: FIRST_PRODUCT,
        quantity: 1,
        trial: false,
        terms: termsUp(terms),
      }),
      down: (newer) => {
        if (!fitsLevel1(newer)) return undefined;
        const { product: _product, quantity: _quantity, trial: _trial, terms, ...older } = newer;
        return { ...older, terms: termsDown(terms) };
      },
    },
  },
  SubscriptionPlanChanged: {
    data: {
      up: ({ terms, ...older }) => ({ ...older, product: FIRST_PRODUCT, quantity: 1, terms: termsUp(terms) }),
      down: (newer) => {
        if (!fitsLevel1(newer)) return undefined;
        const { product: _product, quantity: _quantity, terms, ...older } = newer;
        return { ...older, terms: termsDown(terms) };
      },
    },
  },
  LicenseActivated: {
    data: {
      up: (older) => ({ ...older, product: FIRST_PRODUCT }),
      down: (newer) => {
        const { product: _product, keyId, keyUses, replaces, ...older } = newer;
        const fits = keyId === undefined && keyUses === undefined && replaces === undefined;
        return fits && fitsLevel1(newer) ? older : undefined;
      },
    },
  },
  UserErased: {
    data: {
      up: (older) => ({ ...older, emailBlocked: false }),
      down: ({ emailBlocked, ...older }) => (emailBlocked === true ? undefined : older),
    },
  },
};
