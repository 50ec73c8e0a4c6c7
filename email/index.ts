/**
 * What an e-mail message is: addresses, headers, templates, MIME. Pure: reads no file, opens no connection, and imports
 * nothing of ours but `errors`. Sending is the business of `platforms/`.
 */
export { type EmailAddress, parseAddress } from './address';
export { compileEmail, type EmailSource } from './compile';
export type { CompiledEmail, Personal, TemplateProblem } from './compiled';
export { messageId } from './message-id';
export type { PreparedMessage } from './prepared-message';
export { isRenderError } from './render-error';
export { emailRules } from './rules';
