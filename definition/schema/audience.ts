import { z } from 'zod';
import { percentagePattern, readPercentage } from '../written/percentage';
import { type Reading, read, unreadable } from '../written/reading';
import { text, written, writtenOrElse } from './field';

const sourcePattern = /^(?:contacts|\.\/.+)$/;

function readSource(source: string): Reading<'contacts' | { csv: string }> {
  if (source === 'contacts') return read('contacts');
  if (sourcePattern.test(source)) return read({ csv: source.slice(2) });
  return unreadable(
    'DEF-010',
    `"${source}" is not a source of people`,
    'write contacts, or a file in this folder such as ./people.csv',
  );
}

function readHoldout(source: string): Reading<number> {
  const share = readPercentage(source);
  return share.ok && share.value >= 1
    ? unreadable('AUD-305', 'a holdout of 100% leaves nobody to write to', 'write a smaller share, such as 10%')
    : share;
}

export const audienceSchema = z
  .strictObject({
    from: written({
      read: readSource,
      pattern: sourcePattern,
      description: 'Where the people come from: the contact book, or a CSV file in this folder with an `email` column.',
      examples: ['contacts', './people.csv'],
    }),
    where: text({
      max: 4000,
      description:
        'CEL condition over `contact`; only people for whom it is true are targeted. Available: `contact.timeZone`, `contact.locale`, `contact.createdAt` and imported attributes. Absent: everybody.',
      examples: ['contact.country == "ES" && contact.orders > 0'],
    }).optional(),
    holdout: writtenOrElse('0%', {
      read: readHoldout,
      pattern: percentagePattern,
      description:
        'Share of the audience that gets nothing, chosen by chance, so that the effect can be measured honestly.',
      examples: ['10%'],
    }),
  })
  .meta({
    description: 'The people this campaign speaks to.',
    examples: [{ from: 'contacts', where: 'contact.country == "ES"', holdout: '10%' }],
    amend: 'fixed',
  });
