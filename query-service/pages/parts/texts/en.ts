/** What the components say that both pages share. */
export const en = {
  language: 'Language',
  languages: { en: 'English', de: 'Deutsch' },
  theme: 'Appearance',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  menu: 'Menu',
  skip: 'Skip to the content',
  loading: 'Loading …',
  cancel: 'Cancel',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  tryAgain: 'Try again',
  more: 'Show more',
  required: 'required',
  optional: 'optional',
  curl: 'The same with curl',
  requestId: 'Request',
  never: 'never',
  none: '–',
  fieldsWrong: 'Some fields need another look.',
  noAnswer: 'The server could not be reached. Check the connection and try again.',
  unknownOutcome:
    'No answer came, so it may or may not have been done. Trying again is safe: it is done once at most.',
  busy: 'The server is busy. Wait a moment and try again.',
  tooMany: 'Too many requests. Wait a minute and try again.',
  showPassword: 'Show the password',
};

export type PartsTexts = typeof en;
