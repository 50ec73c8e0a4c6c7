import type { MessageKey } from './catalogue';

/** Catálogo en español, ICU MessageFormat. */
export const es: Record<MessageKey, string> = {
  'gate.mail.subject':
    '[Aprobar antes de {deadline}] {campaign}: {recipients, plural, one {# persona} other {# personas}}',
  'gate.mail.subjectReminder':
    '[Recordatorio: aprobar antes de {deadline}] {campaign}: {recipients, plural, one {# persona} other {# personas}}',
  'gate.mail.subjectHeld':
    '[Retenida, espera tu decisión] {campaign}: {recipients, plural, one {# persona} other {# personas}}',
  'gate.mail.intro': '{applicant} pide tu decisión en la puerta «{gate}» de «{campaign}».',
  'gate.mail.review': 'Revisar',
  'gate.mail.personal': 'Este enlace es personal y vale hasta {deadline}. Abrirlo no decide nada.',
  'gate.mail.personalOpen': 'Este enlace es personal. Abrirlo no decide nada.',
  'gate.mail.silence.reject': 'Si nadie decide, la campaña NO se envía.',
  'gate.mail.silence.hold': 'Si nadie decide, la campaña queda retenida hasta que alguien lo haga.',
  'gate.mail.silence.escalate': 'Si nadie decide, se preguntará a {roles}.',
  'fact.recipients': 'Personas',
  'fact.heldOut': 'Grupo de control, sin envío',
  'fact.cost': 'Coste máximo',
  'fact.free': 'nada',
  'fact.deadline': 'Decidir antes de',
  'fact.window': 'Sale',
  'fact.window.approved': 'en cuanto se apruebe',
  'fact.window.from': 'a partir del {start}',
  'fact.plan': 'Plan',
  'fact.subject': 'Asunto',
};
