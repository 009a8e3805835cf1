import type { events as en } from '../en/events.ts';

export const events: typeof en = {
  UserSignedUp: () => 'Hat sich registriert',
  UserAdded: () => 'Vom Team angelegt',
  PasswordResetIssued: () => 'Link für neues Passwort ausgestellt',
  PasswordChanged: () => 'Passwort geändert',
  EmailVerificationIssued: () => 'Um Bestätigung der E-Mail gebeten',
  EmailVerified: () => 'E-Mail bestätigt',
  EmailChanged: () => 'E-Mail geändert',
  LoggedOut: () => 'Abgemeldet',
  SessionsEnded: () => 'Alle Sitzungen beendet',
  SubscriptionStarted: ({ plan, start, end }) => `${plan} begonnen, ${start} bis ${end}`,
  SubscriptionRenewed: ({ end }) => `Verlängert bis ${end}`,
  SubscriptionPlanChanged: ({ plan }) => `Gewechselt zu ${plan}`,
  SubscriptionSuspended: () => 'Gesperrt',
  SubscriptionReinstated: () => 'Sperre aufgehoben',
  SubscriptionCancelled: ({ end }) => `Gekündigt, endet ${end}`,
  SubscriptionCancellationWithdrawn: () => 'Kündigung zurückgenommen',
  SubscriptionEnding: ({ end, days }) =>
    `Hinweis: endet ${end} (${days} ${days === 1 ? 'Tag' : 'Tage'} vorher)`,
  SubscriptionLapsed: ({ end }) => `Abgelaufen, endete ${end}`,
  LicenseKeyIssued: () => 'Lizenzschlüssel ausgestellt',
  LicenseKeyRevoked: () => 'Lizenzschlüssel widerrufen',
  LicenseActivated: ({ client, isReplacement, byKey }) =>
    `${client} aktiviert${isReplacement ? ' anstelle eines anderen Rechners' : ''}${byKey ? ' mit Lizenzschlüssel' : ''}`,
  LicenseDeactivated: ({ client }) => `${client} deaktiviert`,
  LicenseRevoked: ({ client }) => `${client} widerrufen`,
  LicenseReinstated: ({ client }) => `${client} wieder zugelassen`,
  UserErased: () => 'Gelöscht',
};
