/** Types of events: words of letters, digits, `_` and `-`, joined by `.`, `/` or `:`, such as `order.paid`. */
export const eventTypePattern = /^[A-Za-z][A-Za-z0-9_-]*(?:[./:][A-Za-z0-9_-]+)*$/;

/** Characters of a type. */
export const longestEventType = 200;
