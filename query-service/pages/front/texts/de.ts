import type { FrontTexts } from './en.ts';

export const de: FrontTexts = {
  title: 'License System',
  lead: 'Lizenzen für Software: wer sie nutzen darf, auf welchen Geräten, bis wann.',
  account: {
    title: 'Ihr Konto',
    lead: 'Für Kunden: Tarif, Geräte und Lizenzschlüssel.',
    open: 'Zum Konto',
  },
  console: {
    title: 'Konsole',
    lead: 'Für Support und Vertrieb: Kunden finden, sehen, was war, und es in Ordnung bringen.',
    open: 'Zur Konsole',
  },
  docs: {
    title: 'API',
    lead: 'Für Entwickler: jeder Aufruf mit Feldern und Antworten, zum Lesen und Ausprobieren.',
    open: 'Zur API-Doku',
  },
};
