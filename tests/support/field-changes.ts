/** For any word of the campaign file, two revisions of a whole campaign that differ in it: made from the schema. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LoadedCampaign, loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { Field } from '../../definition/schema/fields';
import type { Workspace } from '../../definition/workspace-types';
import { bases, folderFiles, gone, otherActions, otherValues, volanteYaml } from './every-field';

export interface FieldChange {
  before: LoadedCampaign['resolved'];
  after: LoadedCampaign['resolved'];
  /** Id of the step that it is in. */
  step?: string;
  /** What makes the one file the other. */
  edit: Edit;
}

/** A word of a base file that is written otherwise. */
export interface Edit {
  base: string;
  place: Place;
  value: unknown;
}

type Holder = Record<string, unknown>;
type Place = (string | number)[];

export class FieldChanges {
  private readonly loaded = new Map<string, LoadedCampaign['resolved'] | undefined>();

  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly workspace: Workspace,
  ) {}

  static async in(root: string): Promise<FieldChanges> {
    const folder = join(root, 'campaigns', 'any');
    await mkdir(folder, { recursive: true });
    await writeFile(join(root, 'volante.yaml'), volanteYaml);
    for (const [name, content] of Object.entries(folderFiles)) await writeFile(join(folder, name), content);
    const { workspace, problems } = await loadWorkspace(root);
    if (!workspace) throw new Error(JSON.stringify(problems));
    return new FieldChanges(root, folder, workspace);
  }

  /** @returns undefined where no file that says this word stays valid with another value for it */
  async of(field: Field): Promise<FieldChange | undefined> {
    for (const [name, base] of Object.entries(bases))
      for (const [was, becomes, place] of revisions(base, field)) {
        const before = await this.load(was);
        const after = before && (await this.load(becomes));
        if (before && after && JSON.stringify(before) !== JSON.stringify(after))
          return {
            before,
            after,
            step: stepAt(was, place),
            edit: { base: name, place, value: valueAt(becomes, place) ?? gone },
          };
      }
    return undefined;
  }

  async load(file: object): Promise<LoadedCampaign['resolved'] | undefined> {
    const text = JSON.stringify(file);
    if (!this.loaded.has(text)) {
      await writeFile(join(this.folder, 'campaign.yaml'), text);
      const { campaign } = await loadCampaign({ folder: this.folder, workspace: this.workspace, root: this.root });
      this.loaded.set(text, campaign?.resolved);
    }
    return this.loaded.get(text);
  }
}

function* revisions(base: object, field: Field): Generator<[object, object, Place]> {
  const [, action, word] =
    /^(steps\.rollout\.checkpoint\.decide\.\w+|steps\.checkpoint\.(?:then|error))\.(.+)$/.exec(field.path) ?? [];
  if (action !== undefined && word !== undefined) {
    const [was, becomes] = otherActions[word] ?? [];
    for (const place of placesOf(base, action)) yield [withAt(base, place, was), withAt(base, place, becomes), place];
    return;
  }
  for (const place of placesOf(base, field.path))
    for (const value of otherValues[field.path] ?? valuesOf(field)) yield [base, withAt(base, place, value), place];
}

/** The words that it may be, its examples, and, where it may be left out, nothing. */
function valuesOf({ kind, examples, required }: Field): unknown[] {
  const words = /^one of (.*)$/.exec(kind)?.[1]?.split(', ') ?? [];
  return [...words, ...(kind === 'true or false' ? [true, false] : []), ...examples, ...(required ? [] : [gone])];
}

/** Everywhere in a file where a field stands or could stand. */
function placesOf(base: object, path: string): Place[] {
  const words = path.split('.');
  const last = words.pop() ?? '';
  const holders = words.reduce<Place[]>(
    (places, word) => places.flatMap((place) => entriesAt(base, [...place, word])),
    [[]],
  );
  return holders.map((place) => [...place, last]);
}

/** Arms and lines are keyed by their names; a list has its entries. */
function entriesAt(base: object, place: Place): Place[] {
  const value = valueAt(base, place);
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.map((_, index) => [...place, index]);
  return ['arms', 'pacing'].includes(String(place.at(-1)))
    ? Object.keys(value).map((name) => [...place, name])
    : [place];
}

function valueAt(base: unknown, place: Place): unknown {
  return place.reduce<unknown>((holder, key) => (holder as Holder | undefined)?.[key], base);
}

export function withAt(base: object, place: Place, value: unknown): object {
  const copy: object = JSON.parse(JSON.stringify(base));
  const holder = valueAt(copy, place.slice(0, -1)) as Holder;
  const key = place.at(-1) ?? '';
  if (value === gone) delete holder[key];
  else holder[key] = value;
  return copy;
}

function stepAt(base: object, [top, index]: Place): string | undefined {
  if (top !== 'steps' || index === undefined) return undefined;
  return String((valueAt(base, [top, index]) as Holder).id);
}
