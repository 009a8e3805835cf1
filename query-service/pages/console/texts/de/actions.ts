import type { actions as en } from '../en/actions.ts';

export const actions: typeof en = {
  changedTitle: 'Jemand hat inzwischen etwas geändert',
  changedText:
    'Sie haben einen älteren Stand gesehen, darum ist nichts geschehen. Seitdem ist dies geschehen:',
  changedUnknown: 'Was es war, sieht das Team mit history:read. Die Seite zeigt den jetzigen Stand.',
  doItNow: 'Trotzdem tun',
  leaveIt: 'Lassen',
  shownOnce: 'Das wird nur einmal gezeigt: Kopieren Sie es jetzt.',
  you: 'Sie',
  actor: {
    user: 'der Kunde',
    client: 'das Programm',
    license_key: 'ein Lizenzschlüssel',
    staff: 'Team',
    operator: 'das Werkzeug',
    analyst: 'das Werkzeug',
    system: 'das System',
    anonymous: 'der Kunde',
  },
  problems: {
    precondition_failed: 'Jemand hat das inzwischen geändert.',
    insufficient_scope: 'Ihr Konto darf das nicht.',
    conflict: 'Zwei Änderungen trafen sich, und nichts ist geschehen. Versuchen Sie es noch einmal.',
  },
};
