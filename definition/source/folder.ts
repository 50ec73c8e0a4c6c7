/** A campaign's folder: the only place its files may come from. */
import { isUtf8 } from 'node:buffer';
import { isAbsolute, join } from 'node:path';
import type { Sha256 } from '../resolved';
import { sha256 } from '../sha256';
import { limits } from './limits';
import { entryAt, readOwnFile } from './own-file';

/** A file that a campaign refers to: path relative to the campaign's folder, with forward slashes. */
export interface CampaignFile {
  path: string;
  sha256: Sha256;
  content: Buffer;
}

export type FileKind = 'template' | 'text' | 'csv' | 'query';

const kinds: Record<FileKind, { pattern: RegExp; words: string; bytes: number }> = {
  template: { pattern: /\.(?:mjml|html)$/, words: '.mjml or .html', bytes: limits.templateBytes },
  text: { pattern: /\.txt$/, words: '.txt', bytes: limits.templateBytes },
  query: { pattern: /\.sql$/, words: '.sql', bytes: limits.templateBytes },
  csv: { pattern: /\.csv$/, words: '.csv', bytes: limits.csvBytes },
};

export interface FileFault {
  rule: string;
  message: string;
  fix?: string;
}

export class CampaignFolder {
  private readonly cache = new Map<string, CampaignFile | FileFault>();

  constructor(readonly folder: string) {}

  /** Reads a file of this folder. Never follows a link, never leaves the folder, never reads more than the cap. */
  read(path: string, kind: FileKind): CampaignFile | FileFault {
    const key = `${kind}:${path}`;
    const known = this.cache.get(key) ?? this.readAnew(path.replace(/^\.\//, ''), kind);
    this.cache.set(key, known);
    return known;
  }

  private readAnew(path: string, kind: FileKind): CampaignFile | FileFault {
    const segments = path.split('/');
    if (
      isAbsolute(path) ||
      /^[A-Za-z]:|[\\\0]/.test(path) ||
      segments.some((part) => part === '' || part === '.' || part === '..')
    ) {
      return { rule: 'SEC-606', message: `"${path}" is not a file inside this folder` };
    }
    const { pattern, words, bytes } = kinds[kind];
    if (!pattern.test(path)) return { rule: 'REF-109', message: `"${path}" does not end in ${words}` };
    return this.faultOnTheWay(segments) ?? this.content(path, bytes);
  }

  /** The folders between this one and the file must be folders, and no links. */
  private faultOnTheWay(segments: string[]): FileFault | undefined {
    const path = segments.join('/');
    for (let count = 1; count < segments.length; count++) {
      const here = segments.slice(0, count).join('/');
      const stats = entryAt(join(this.folder, here));
      if (!stats) return { rule: 'REF-108', message: `"${path}" does not exist` };
      if (stats.isSymbolicLink()) return { rule: 'SEC-607', message: `"${here}" is a symbolic link` };
    }
    return undefined;
  }

  private content(path: string, bytes: number): CampaignFile | FileFault {
    const file = readOwnFile(join(this.folder, path), bytes);
    if (file.fault === 'link') return { rule: 'SEC-607', message: `"${path}" is a symbolic link` };
    if (file.fault === 'too large') {
      return { rule: 'SEC-608', message: `"${path}" has ${file.size} bytes; at most ${bytes} are allowed` };
    }
    if (file.fault) return { rule: 'REF-108', message: `"${path}" ${file.fault}` };
    const { content } = file;
    if (!isUtf8(content)) return { rule: 'DEF-013', message: `"${path}" is not UTF-8 text` };
    return { path, sha256: sha256(content), content };
  }
}

export function isFault(file: CampaignFile | FileFault): file is FileFault {
  return 'rule' in file;
}
