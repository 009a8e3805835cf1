/** The languages that there are texts in. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

const isLanguage = (value: string | null): value is Language =>
  (LANGUAGES as readonly (string | null)[]).includes(value);

/** @param preferred as browsers list them, the most wanted first: `de-AT`, `en` */
export const languageFor = (chosen: string | null, preferred: readonly string[]): Language => {
  if (isLanguage(chosen)) return chosen;
  return preferred.map((tag) => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en';
};

const KEY = 'language';

/** What this browser shows: what was chosen here, else what it prefers. */
export const language: Language = languageFor(localStorage.getItem(KEY), navigator.languages);

/** The page begins again: every text is looked up once, when its module is loaded. */
export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
  location.reload();
}

/** The texts of this browser's language. Each table is complete, or it doesn't pass the type check. */
export const inLanguage = <T>(tables: Readonly<Record<Language, T>>): T => tables[language];
