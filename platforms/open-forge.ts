import type { Forge, ForgeAddress } from './forges';
import { createGitea } from './gitea';
import { createGitHub } from './github';
import { createGitLab } from './gitlab';

const kinds = { github: createGitHub, gitea: createGitea, gitlab: createGitLab } as const;

/** @throws ForgeError for an address or a repository that cannot be one */
export function openForge(address: ForgeAddress): Forge {
  return kinds[address.kind](address);
}
