/** PLACEHOLDER TYPES: replaced by the parser. */
export type EmailAddress = string & { readonly __brand: 'EmailAddress' };
