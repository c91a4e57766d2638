/** One name of a certificate (RFC 5280 §4.2.1.6); other kinds of names are left out. */
export interface AltName {
  readonly kind: 'dns' | 'uri' | 'ip';
  readonly value: string;
}

const kinds: Readonly<Record<string, AltName['kind']>> = { DNS: 'dns', URI: 'uri', 'IP Address': 'ip' };

/** Where the JSON string that starts at `from` ends (after its quote); -1 when it does not. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

function unquoted(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/**
 * Reads the extension as node:crypto writes it: `DNS:a.example, URI:sip:a.example`, where a value that could be
 * mistaken for something else is a JSON string (`DNS:"a\u002c DNS:b"`): splitting at commas alone would let a
 * certificate claim names that no authority gave it (CVE-2021-44532). Null for what is not of that form; then no name
 * of it may be believed.
 */
export function parseSubjectAltName(text: string): readonly AltName[] | null {
  const names: AltName[] = [];
  let at = 0;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    if (colon < 0) return null;
    const label = text.slice(at, colon);
    if (!/^[A-Za-z][A-Za-z ]*$/.test(label)) return null;
    const quoted = text[colon + 1] === '"';
    const comma = text.indexOf(', ', colon);
    const end = quoted ? endOfQuoted(text, colon + 1) : comma < 0 ? text.length : comma;
    if (end < 0 || (end < text.length && !text.startsWith(', ', end))) return null;
    const written = text.slice(colon + 1, end);
    const value = quoted ? unquoted(written) : written;
    if (value === null) return null;
    const kind = kinds[label];
    if (kind !== undefined) names.push({ kind, value });
    at = end + 2;
  }
  return names;
}
