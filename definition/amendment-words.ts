/** What a change comes to, in plain words: which rule applies, and whom it reaches. */
import type { AmendedChange } from './amendment';
import type { ResolvedStep } from './resolved';
import type { Books } from './run-status';

/** @param books of the step that the change is about, where it delivers */
export function amendmentWords(
  change: AmendedChange,
  step: ResolvedStep | undefined,
  books: Books | undefined,
): string {
  switch (change.effect) {
    case 'refused':
      return change.path.endsWith('.kind')
        ? 'a step that has begun stays what it is: give the new one another id'
        : `${change.rule === 'fixed' ? 'fixed while a run is under way' : 'this gate was asked already'}: abort the run, or give the campaign another id`;
    case 'withdrawn':
      return withdrawnWords(step, books);
    case 'none':
      return `too late for this run: ${change.step} stays as it began`;
    case 'next-step':
      if (change.step === undefined) return 'counts from the next run on';
      return change.kind === 'added' && change.path.split('.').length === 2
        ? 'is added'
        : `counts once ${change.step} begins`;
    case 'at-once':
      return books && books.targeted > 0 ? reachWords(books) : 'at once';
  }
}

function reachWords({ sent, open }: Books): string {
  return `${count(sent)} already sent: unchanged; ${count(open)} waiting: get it`;
}

function withdrawnWords(step: ResolvedStep | undefined, books: Books | undefined): string {
  if (step?.kind === 'email' && books)
    return `${count(books.sent)} sent cannot be undone; ${count(books.open)} waiting are cancelled`;
  if (step?.kind === 'promotion')
    return step.promotion.undo === 'keep'
      ? 'codes stay valid, as the file said'
      : 'codes that nobody has used are disabled';
  if (step?.kind === 'loyalty')
    return step.loyalty.undo === 'keep' ? 'points stay, as the file said' : 'points are taken back';
  return 'is stopped';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
