/**
 * What an e-mail message is: addresses, headers, templates, MIME. Pure: reads no file, opens no connection, and imports
 * nothing of ours but `errors`. Sending is the business of `platforms/`.
 */
export { type AddressFault, type EmailAddress, type ParsedAddress, parseAddress } from './address';
export { type CompileResult, compileEmail, type EmailSource } from './compile';
export type { CompiledEmail, EmailSender, Personal, TemplateProblem } from './compiled';
export { messageId } from './message-id';
export type { PreparedMessage } from './prepared-message';
export { isRenderError, RenderError } from './render-error';
export { type EmailRule, type EmailRuleId, emailRules } from './rules';
