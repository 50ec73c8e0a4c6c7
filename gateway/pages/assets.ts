/** What pages load, under names that hold the content's hash. */
import { createHash } from 'node:crypto';
import { styleSheet } from './style-sheet';

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#0b6b4f" stroke-width="4"><circle cx="16" cy="16" r="13"/><path d="M3 16h10M19 16h10M16 19v10"/></g><circle cx="16" cy="16" r="3.5" fill="#0b6b4f"/></svg>';

export const assets = {
  styleSheet: { path: named('page', 'css', styleSheet), type: 'text/css; charset=utf-8', content: styleSheet },
  icon: { path: named('icon', 'svg', icon), type: 'image/svg+xml', content: icon },
} as const;

function named(name: string, extension: string, content: string): string {
  return `/assets/${name}.${createHash('sha256').update(content).digest('hex').slice(0, 12)}.${extension}`;
}
