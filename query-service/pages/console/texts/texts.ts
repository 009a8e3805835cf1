import { inLanguage } from '../../parts/texts/language.ts';
import { de } from './de/texts.ts';
import { en } from './en/texts.ts';

export const texts = inLanguage({ en, de });
