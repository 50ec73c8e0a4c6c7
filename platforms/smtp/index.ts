export { createSmtpSender, type SmtpSenderOptions } from './sender';
