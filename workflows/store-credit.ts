/** Pays one store credit. What it does is in the activity, which may run any number of times; this sees that it comes to an end. */
import { credits } from './activities';

export async function storeCredit({ credit }: { credit: string }): Promise<'paid' | 'refused'> {
  return credits.payCredit({ credit });
}
