/** English catalogue, ICU MessageFormat. Its keys are the keys of every other catalogue. */
export const en = {
  'gate.mail.subject': '[Approve before {deadline}] {campaign}: {recipients, plural, one {# person} other {# people}}',
  'gate.mail.subjectReminder':
    '[Reminder: approve before {deadline}] {campaign}: {recipients, plural, one {# person} other {# people}}',
  'gate.mail.subjectHeld': '[Held, waiting for you] {campaign}: {recipients, plural, one {# person} other {# people}}',
  'gate.mail.intro': '{applicant} asks for your decision at gate “{gate}” of “{campaign}”.',
  'gate.mail.review': 'Review',
  'gate.mail.personal': 'This link is personal and works until {deadline}. Opening it decides nothing.',
  'gate.mail.personalOpen': 'This link is personal. Opening it decides nothing.',
  'gate.mail.silence.reject': 'If nobody decides, the campaign is NOT sent.',
  'gate.mail.silence.hold': 'If nobody decides, the campaign is held until somebody does.',
  'gate.mail.silence.escalate': 'If nobody decides, {roles} will be asked.',
  'fact.recipients': 'People',
  'fact.heldOut': 'Held out for comparison',
  'fact.cost': 'Cost at most',
  'fact.free': 'nothing',
  'fact.deadline': 'Decide before',
  'fact.window': 'Goes out',
  'fact.window.approved': 'as soon as it is approved',
  'fact.window.from': 'from {start}',
  'fact.plan': 'Plan',
  'fact.subject': 'Subject line',
} as const;
