/** Which rule of the schema a change falls under. */
import type { Change } from './diff';
import { namedLists } from './keyed-campaign';
import type { AmendTag } from './schema/field';
import { fieldsOf } from './schema/fields';

const facts: Record<string, Required<Pick<AmendTag, 'amend'>> & AmendTag> = {
  version: { amend: 'fixed' },
  // What the order means is in `needs`.
  order: { amend: 'live', approvals: 'kept' },
};

let tags: Map<string, AmendTag> | undefined;

function tagsByPath(): Map<string, AmendTag> {
  tags ??= new Map(fieldsOf('campaign').map(({ path, amend, approvals }) => [path, { amend, approvals }]));
  return tags;
}

/** The tag of the field that a change is in: the longest path of the schema that it begins with. */
export function amendTagOf({ path }: Pick<Change, 'path'>): Required<Pick<AmendTag, 'amend'>> & AmendTag {
  const known = facts[path];
  if (known) return known;
  const segments = fieldSegments(path);
  for (let length = segments.length; length > 0; length -= 1) {
    const tag = tagsByPath().get(segments.slice(0, length).join('.'));
    if (tag?.amend) return { ...tag, amend: tag.amend };
  }
  throw new RangeError(`no field of the campaign file is behind ${path}`);
}

/** `steps.offer.email.arms.b.subject` is the field `steps.email.arms.subject`. */
function fieldSegments(path: string): string[] {
  const segments: string[] = [];
  let isName = false;
  for (const segment of path.split('.')) {
    if (!isName) segments.push(segment);
    isName = !isName && namedLists.has(segment);
  }
  return segments;
}
