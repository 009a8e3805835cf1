export const frame = {
  brand: 'License System',
  console: 'Console',
  nav: {
    customers: 'Customers',
    subscriptions: 'Subscriptions',
    plans: 'Plans',
    figures: 'Figures',
    webhooks: 'Webhooks',
    mails: 'Mails',
    staff: 'Staff',
    services: 'Service accounts',
    parked: 'Parked events',
  },
  notFound: 'There is no such page',
  notFoundText: 'The link may be old. Begin with the menu.',
  mayNot: (scopes: string) =>
    `This page needs the scope ${scopes}. Somebody with staff:write can give it to you.`,
  me: 'Your account',
};
