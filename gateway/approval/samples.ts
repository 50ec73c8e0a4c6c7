/** A delivery step's message as an approver sees it: compiled from the ledger's bytes, filled in for nobody real. */
import type { EmailStep } from '../../definition/resolved';
import { compileEmail, isRenderError, parseAddress } from '../../email';
import type { CompiledEmail, Personal } from '../../email/compiled';
import { languageOf } from '../../i18n/catalogue';
import { sampleCodes } from '../../ledger/promotions/shown';
import { Recent } from '../../ledger/recent';
import type { StoredRevision } from '../../ledger/revisions';
import { storedEmailSource } from '../../ledger/stored-email';
import { type SampleKind, sampleAddress, sampleEvent, samplePerson } from './sample-person';

export type Sample =
  | { subject: string; preheader: string; html: string; text: string }
  /** Somebody without this field gets no message. */
  | { missing: string };

export interface Samples {
  render(stored: StoredRevision, step: EmailStep & { id: string }, kind: SampleKind): Promise<Sample>;
}

const mostCached = 20;

/** Points of somebody who does not exist. */
const samplePoints = { points: 120, pending: 35, tier: 'silver', cardUrl: 'https://example.com/l/sample' };

/** Compiles each step of a revision once. */
export function createSamples(): Samples {
  const compiled = new Recent<CompiledEmail>(mostCached);
  return {
    async render(stored, step, kind) {
      const email = await compiled.get(`${stored.revision}/${step.id}`, () => compile(stored, step));
      const language = languageOf(stored.campaign.locale);
      const sample = { kind, variables: email.variables, language };
      const facts = {
        ...(stored.campaign.trigger && { event: sampleEvent(sample) }),
        ...sampleCodes(stored.campaign, step.id),
        ...(step.email.loyalty !== undefined && { loyalty: samplePoints }),
      };
      try {
        return email.preview(personal(samplePerson(sample), facts));
      } catch (error) {
        if (!isRenderError(error)) throw error;
        return { missing: error.variable ?? error.message };
      }
    },
  };
}

async function compile(stored: StoredRevision, step: EmailStep & { id: string }): Promise<CompiledEmail> {
  const source = storedEmailSource(stored, step);
  const email = source && (await compileEmail(source)).email;
  if (!email) throw new Error(`step ${step.id} of revision ${stored.revision.slice(0, 12)} does not compile`);
  return email;
}

function personal(contact: Personal['contact'], facts: Personal['facts']): Personal {
  const parsed = parseAddress(sampleAddress);
  if (!parsed.ok) throw new Error(parsed.reason);
  return {
    key: 'sample',
    messageId: '<sample@example.com>',
    to: parsed.address,
    envelopeFrom: parsed.address,
    contact,
    facts,
    unsubscribeUrl: 'https://example.com/u/sample',
    date: new Date(),
  };
}
