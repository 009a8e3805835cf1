/** What the first page says. */
export const en = {
  title: 'License System',
  lead: 'Licenses for software: who may use it, on which machines, until when.',
  account: {
    title: 'Your account',
    lead: 'For customers: your plan, your machines and your license keys.',
    open: 'Open your account',
  },
  console: {
    title: 'Console',
    lead: 'For support and sales: find a customer, see what happened, and put it right.',
    open: 'Open the console',
  },
  docs: {
    title: 'API',
    lead: 'For developers: every call with its fields and answers, to read and to try.',
    open: 'Open the API docs',
  },
};

export type FrontTexts = typeof en;
