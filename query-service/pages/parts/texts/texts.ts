import { de } from './de.ts';
import { en } from './en.ts';
import { inLanguage } from './language.ts';

export const texts = inLanguage({ en, de });
