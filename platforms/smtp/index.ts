/** SMTP: connections that are kept, one outcome for each message, DKIM. What a message is belongs to `email/`. */
export { createSmtpSender, type SmtpSenderOptions } from './sender';
