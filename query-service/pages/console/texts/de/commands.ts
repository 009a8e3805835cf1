import type { commands as en } from '../en/commands.ts';

export const commands: typeof en = {
  fields: {
    email: 'E-Mail',
    name: 'Name',
    externalId: 'Externe Id',
    externalIdHint:
      'Die Id in Ihrem eigenen System. Sie bleibt für immer und darf darum keine Person benennen.',
    newEmail: 'Neue E-Mail',
    reason: 'Grund',
    reasonHint: 'Für Ihre Kollegen. Wird mit dem Kunden gelöscht.',
    plan: 'Plan',
    quantity: 'Anzahl',
    quantityHint: 'Wie oft der Plan gekauft ist: Sie vervielfacht die Rechner.',
    how: 'Wie lange',
    trial: 'Zum Testen, so lange der Plan sagt',
    until: 'Bis wann',
    someMonths: 'Um einige Monate',
    forMonths: 'Ab jetzt, für einige Monate',
    byDates: 'Von einem Datum bis zu einem anderen',
    toDate: 'Bis zu einem Datum',
    months: 'Monate',
    start: 'Erster Tag',
    end: 'Endet zu Beginn von',
    laterHint:
      'Später als bisher. Damit es früher endet, kündigen Sie es sofort und beginnen ein neues mit den richtigen Tagen.',
    immediately: 'Sofort beenden, nicht erst zum Enddatum',
    uses: 'Rechner',
    usesHint: 'Wie viele verschiedene Rechner er aktivieren darf. Leer: ohne Grenze.',
    expires: 'Läuft ab zu Beginn von',
    note: 'Notiz',
    noteHint: 'Wofür er ist. Wird mit dem Kunden gelöscht.',
    product: 'Produkt',
    confirm: 'Tippen Sie das Wort ERASE',
  },
  addCustomer: {
    label: 'Kunden anlegen',
    title: 'Kunden anlegen',
    explain:
      'Für jemanden, den Sie kennen und der sich nicht registriert hat. Eines der Felder genügt. Mit einer E-Mail kann später ein Passwort gewählt werden.',
    done: 'Der Kunde wurde angelegt.',
    open: 'Kunden öffnen',
  },
  resetPassword: {
    label: 'Passwort zurücksetzen',
    title: (name: string) => `Neues Passwort für ${name}`,
    explain:
      'Macht einen Link, mit dem ein neues Passwort gewählt wird. Er gilt einmal, 24 Stunden lang. Schicken Sie ihn dem Kunden; bis dahin gilt das alte Passwort.',
    done: 'Der Link ist gemacht.',
    link: 'Link für den Kunden',
    until: (time: string) => `Gilt bis ${time}.`,
  },
  changeEmail: {
    label: 'E-Mail ändern',
    title: (name: string) => `Andere E-Mail für ${name}`,
    explain: 'Ab jetzt gilt die neue beim Anmelden.',
    done: 'Die E-Mail wurde geändert.',
  },
  endSessions: {
    label: 'Alle Sitzungen beenden',
    title: (name: string) => `Alle Sitzungen von ${name} beenden`,
    explain:
      'Wer als dieser Kunde angemeldet ist, muss sich neu anmelden. Programme laufen weiter: Aktivierte Rechner haben eigene Schlüssel.',
    done: 'Alle Sitzungen wurden beendet.',
  },
  erase: {
    label: 'Löschen',
    title: (name: string) => `${name} löschen`,
    explain:
      'Für immer, und sofort: E-Mail, Namen, Notizen und Gründe sind weg, Lizenzen und Lizenzschlüssel enden. Was geschah, bleibt im Verlauf, ohne Namen. Es lässt sich nicht rückgängig machen.',
    done: 'Der Kunde wurde gelöscht.',
  },
  releaseEmail: {
    label: 'E-Mail freigeben',
    title: 'Gesperrte E-Mail freigeben',
    explain:
      'Wer gelöscht wurde, während er gesperrt war, kann sich mit dieser E-Mail nicht neu registrieren. Hiermit geht es wieder.',
    done: 'Mit der E-Mail kann man sich wieder registrieren.',
  },
  start: {
    label: 'Abo beginnen',
    title: (name: string) => `Abo für ${name} beginnen`,
    explain:
      'Ein bezahlter Plan tritt sofort an die Stelle eines Tests oder eines kostenlosen Plans; Rechner und Schlüssel gelten weiter.',
    done: 'Das Abo hat begonnen.',
  },
  renew: {
    label: 'Verlängern',
    title: (what: string) => `${what} verlängern`,
    explain: (end: string) => `Es endet am ${end}. Monate werden daran angehängt.`,
    done: 'Das Abo wurde verlängert.',
  },
  changePlan: {
    label: 'Plan wechseln',
    title: (what: string) => `Anderer Plan statt ${what}`,
    explain: 'Sofort; Anfang und Ende bleiben gleich. Aktive Rechner müssen in den neuen Plan passen.',
    done: 'Der Plan wurde gewechselt.',
  },
  cancel: {
    label: 'Kündigen',
    title: (what: string) => `${what} kündigen`,
    explain: (end: string) =>
      `Ohne das Häkchen läuft es bis ${end} weiter, und bis dahin können Sie die Kündigung zurücknehmen.`,
    submit: 'Abo kündigen',
    done: 'Das Abo wurde gekündigt.',
  },
  uncancel: {
    label: 'Kündigung zurücknehmen',
    title: (what: string) => `${what} läuft weiter`,
    explain: 'Als wäre nicht gekündigt worden.',
    done: 'Die Kündigung wurde zurückgenommen.',
  },
  suspend: {
    label: 'Sperren',
    title: (what: string) => `${what} sperren`,
    explain: 'Die Rechner laufen nach Sekunden nicht mehr, bis Sie die Sperre aufheben.',
    done: 'Das Abo wurde gesperrt.',
  },
  reinstate: {
    label: 'Sperre aufheben',
    title: (what: string) => `Sperre von ${what} aufheben`,
    explain: 'Die Rechner laufen nach Sekunden wieder. Anfang und Ende bleiben gleich.',
    done: 'Die Sperre wurde aufgehoben.',
  },
  deactivate: {
    label: 'Platz freigeben',
    title: (machine: string) => `${machine} deaktivieren`,
    explain: 'Der Rechner hört auf, und sein Platz ist frei. Er darf wieder aktiviert werden.',
    done: 'Der Platz ist frei.',
  },
  revoke: {
    label: 'Widerrufen',
    title: (machine: string) => `${machine} widerrufen`,
    explain: 'Der Rechner hört auf und kann nicht wieder aktiviert werden, bis Sie ihn wieder zulassen.',
    done: 'Die Lizenz wurde widerrufen.',
  },
  reinstateLicense: {
    label: 'Wieder zulassen',
    title: (machine: string) => `${machine} wieder zulassen`,
    explain: 'Dieselbe Lizenz und derselbe Schlüssel gelten wieder, wenn ein Platz frei ist.',
    done: 'Die Lizenz gilt wieder.',
  },
  issueKey: {
    label: 'Lizenzschlüssel ausstellen',
    title: (name: string) => `Lizenzschlüssel für ${name}`,
    explain: 'Wer ihn ins Programm tippt, aktiviert einen Rechner, ohne Passwort.',
    done: 'Der Lizenzschlüssel ist ausgestellt.',
    key: 'Lizenzschlüssel',
  },
  revokeKey: {
    label: 'Widerrufen',
    title: 'Lizenzschlüssel widerrufen',
    explain:
      'Er aktiviert nichts mehr. Rechner, die er aktiviert hat, laufen weiter: Geben Sie ihre Plätze frei, um sie zu beenden.',
    done: 'Der Lizenzschlüssel wurde widerrufen.',
  },
};
