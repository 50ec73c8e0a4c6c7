/** EMAIL-104, EMAIL-105, EMAIL-108: the head of a composed message. */
import { maxLineLength } from '../header';
import type { Finding } from '../rules';

const loopbackOrSecure =
  /^https:\/\/[^\s<>]+$|^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:[/?#][^\s<>]*)?$/;
const place = { line: 1, column: 1, endColumn: 1 };

/** May this address stand in List-Unsubscribe? ASCII, https; http on this machine only. */
export function isUnsubscribeUrl(url: string): boolean {
  return (
    loopbackOrSecure.test(url) &&
    /^[\x21-\x7e]+$/.test(url) &&
    url.length + 'List-Unsubscribe: <>'.length <= maxLineLength
  );
}

/** `head` is the header section with CRLF line ends. */
export function checkHeaders(head: string): Finding[] {
  const findings: Finding[] = [];
  const report = (rule: Finding['rule'], message: string) => findings.push({ rule, source: 'headers', place, message });
  const lines = head.split('\r\n');
  const unsubscribe = lines.filter((line) => /^List-Unsubscribe:/i.test(line));
  const posts = lines.filter((line) => /^List-Unsubscribe-Post:/i.test(line));
  if (unsubscribe.length !== 1) report('EMAIL-104', `message has ${unsubscribe.length} List-Unsubscribe headers`);
  if (posts.length !== 1 || !/: List-Unsubscribe=One-Click$/.test(posts[0] ?? '')) {
    report('EMAIL-104', 'message has no single List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  }
  for (const line of unsubscribe) {
    const urls = [...line.matchAll(/<([^>]*)>?/g)].map(([, url]) => url ?? '');
    const folded = /^[ \t]/.test(lines[lines.indexOf(line) + 1] ?? '');
    if (folded) report('EMAIL-105', 'List-Unsubscribe is folded');
    else if (!urls.some(isUnsubscribeUrl)) report('EMAIL-104', 'List-Unsubscribe has no https address');
    if (line.length > maxLineLength) report('EMAIL-105', `List-Unsubscribe has ${line.length} characters`);
  }
  if (!lines.some((line) => /^List-Id: .*<[^<>\s]+>$/i.test(line))) report('EMAIL-108', 'message has no List-Id');
  return findings;
}
