import type { CheckEmail } from '../definition/check/email-checks';
import { compileEmail } from '../email';

/** Compiles a message as sending would, and keeps what is wrong with it. */
export const checkEmail: CheckEmail = async (email) => (await compileEmail(email)).problems;
