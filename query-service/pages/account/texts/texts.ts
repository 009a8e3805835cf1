import { inLanguage } from '../../parts/texts/language.ts';
import { de } from './de.ts';
import { en } from './en.ts';

export const texts = inLanguage({ en, de });
