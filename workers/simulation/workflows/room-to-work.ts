/** Real milliseconds that whoever wakes has before the clock of whole minutes goes on; see whole-minutes.ts. */
export const roomToWork = 55_000;

/** Customers wake before everybody else of their minute: what they do then is known to whoever waited for it. */
export const roomForCustomers = 59_900;
