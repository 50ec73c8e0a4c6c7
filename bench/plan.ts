/**
 * `npm run bench:plan`: how quick definitions are checked, and how quick and how frugal a plan over a large contact book
 * is. Ends with one line of JSON. An argument is the size of the contact book (default: a million).
 */
import { benchContacts } from './plan-contacts';
import { benchDefinitions } from './plan-definitions';

async function main(): Promise<void> {
  const contacts = Number(process.argv[2] ?? 1_000_000);
  if (!Number.isInteger(contacts) || contacts < 10 || contacts % 10 !== 0)
    throw new Error('the size of the contact book is a multiple of ten');

  const definitions = await benchDefinitions();
  console.log(
    `${definitions.definitions} definitions validated in ${definitions.validateMs} ms (target: under 2,000 ms)`,
  );
  console.log(
    `  ${definitions.definitionsPerSecond} a second; a bare YAML parser alone needs ${definitions.bareYamlMs} ms for the same files`,
  );
  console.log(`  with messages compiled: ${definitions.withMessages.definitions} in ${definitions.withMessages.ms} ms`);
  console.log(`  quiet hours: ${definitions.quietUntilMicroseconds} microseconds a question`);

  console.log(
    `a contact book of ${contacts.toLocaleString('en')} people (target: a plan under 30 s, the same memory for any size)`,
  );
  const book = await benchContacts({ contacts, say: (line) => console.log(line) });
  console.log(JSON.stringify({ bench: 'plan', definitions, contacts: book }));
}

if (require.main === module) void main();
