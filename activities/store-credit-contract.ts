/** What a workflow may ask about store credit. Types only: workflows import them. */

export interface StoreCreditActivities {
  /**
   * Pays a credit that points were spent for, or gives the points back where the platform refuses it for good. May be
   * called again at any time: what was asked and never answered is looked up first.
   */
  payCredit(input: { credit: string }): Promise<'paid' | 'refused'>;
}
