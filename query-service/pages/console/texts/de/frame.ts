import type { frame as en } from '../en/frame.ts';

export const frame: typeof en = {
  brand: 'License System',
  console: 'Konsole',
  nav: {
    customers: 'Kunden',
    subscriptions: 'Abos',
    plans: 'Pläne',
    figures: 'Zahlen',
    webhooks: 'Webhooks',
    mails: 'Mails',
    staff: 'Team',
    services: 'Dienstkonten',
    parked: 'Geparkte Ereignisse',
  },
  notFound: 'Diese Seite gibt es nicht',
  notFoundText: 'Der Link ist vielleicht alt. Beginnen Sie mit dem Menü.',
  mayNot: (scopes: string) =>
    `Diese Seite braucht das Recht ${scopes}. Jemand mit staff:write kann es Ihnen geben.`,
  me: 'Ihr Konto',
};
