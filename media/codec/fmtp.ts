/** Longer values of `a=fmtp` say nothing to us. */
export const maxFmtpLength = 512;

/** The names and values of an `a=fmtp` line (RFC 8866 §6.15, RFC 4855 §3), names in lower case; the first of a name counts. */
export function readFmtp(text: string | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (text === null || text.length > maxFmtpLength) return found;
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
    if (name !== '' && !found.has(name)) found.set(name, at < 0 ? '' : part.slice(at + 1).trim());
  }
  return found;
}

/** The other way round. */
export function writeFmtp(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}
