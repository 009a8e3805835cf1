import type { session as en } from '../en/session.ts';

export const session: typeof en = {
  title: 'Anmelden',
  intro: 'Die Konsole ist für alle, die verkaufen und Kunden helfen.',
  email: 'E-Mail',
  password: 'Passwort',
  newPassword: 'Neues Passwort',
  newPasswordHint:
    'Mindestens 8 Zeichen. Ein paar Wörter hintereinander sind gut; gängige Passwörter werden abgelehnt.',
  next: 'Weiter',
  signIn: 'Anmelden',
  signOut: 'Abmelden',
  code: 'Code aus Ihrer Authenticator-App',
  codeHint: 'Sechs Ziffern. Jeder Code gilt einmal.',
  recoveryCode: 'Wiederherstellungscode',
  recoveryHint: 'Einer der zehn, die beim Einrichten des zweiten Faktors gezeigt wurden. Er gilt einmal.',
  useRecovery: 'Telefon nicht da: Wiederherstellungscode verwenden',
  useCode: 'Code aus der App verwenden',
  otherAccount: 'Anderes Konto verwenden',
  over: 'Ihre Sitzung ist beendet',
  overText: 'Melden Sie sich wieder an und machen Sie weiter, wo Sie waren. Nichts Getipptes geht verloren.',
  unreachable: 'Der Server konnte nicht sagen, wer Sie sind.',
  welcome: 'Willkommen',
  welcomeText: 'Wählen Sie ein Passwort und richten Sie dann den zweiten Faktor ein.',
  welcomeNext: 'Passwort setzen',
  scan: 'Zur Authenticator-App hinzufügen',
  scanText:
    'Scannen Sie den Code mit einer App für Einmalcodes (TOTP). Auf dem Telefon selbst öffnet der Link sie; oder tippen Sie den Schlüssel ab.',
  openApp: 'In der Authenticator-App öffnen',
  qrLabel: 'QR-Code für die Authenticator-App',
  secret: 'Schlüssel',
  confirm: 'Bestätigen',
  recoveryTitle: 'Ihre Wiederherstellungscodes',
  recoveryText:
    'Jeder gilt einmal, anstelle eines Codes aus der App. Sie werden nicht wieder gezeigt: Drucken Sie sie aus oder legen Sie sie in einem Passwortmanager ab.',
  toSignIn: 'Ich habe sie gesichert',
  me: 'Ihr Konto',
  until: 'Angemeldet bis',
  changePassword: 'Passwort ändern',
  changePasswordText: 'Beendet alle Sitzungen, auch diese: Sie melden sich neu an.',
  noScopes: 'Ihr Konto hat noch keine Rechte: Jemand mit staff:write kann Ihnen welche geben.',
  singleSignOn: 'Mit dem Firmenkonto anmelden',
  refused: {
    not_begun_here:
      'Das hat zu lange gedauert oder begann in einem anderen Browser. Versuchen Sie es noch einmal.',
    not_confirmed:
      'Die Anmeldung Ihrer Firma hat Sie nicht bestätigt. Versuchen Sie es noch einmal, oder nehmen Sie Ihr Passwort.',
    not_staff: 'Niemand im Team hat diese E-Mail-Adresse. Bitten Sie um eine Einladung.',
  },
  problems: {
    invalid_credentials: 'E-Mail oder Passwort stimmen nicht.',
    wrong_code: 'Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten.',
    wrong_password: 'Das bisherige Passwort stimmt nicht.',
    https_required: 'Öffnen Sie die https-Adresse: Eine Sitzung wird nie unverschlüsselt gesendet.',
    one_time_token_invalid:
      'Das hat zu lange gedauert, oder der Link wurde schon benutzt. Beginnen Sie von vorn, oder bitten Sie um einen neuen Link.',
    role_not_allowed: 'Dieses Konto darf sich hier nicht anmelden.',
  },
};
