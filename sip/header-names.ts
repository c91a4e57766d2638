/** Compact forms: RFC 3261 §7.3.3 and the registrations since. */
const longNames: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Usual spellings, so that the common header line needs one look-up. */
const usualNames = [
  ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Contact', 'Route', 'Record-Route', 'Content-Type'],
  ...['Content-Length', 'User-Agent', 'Server', 'Allow', 'Supported', 'Require', 'Expires', 'Accept', 'Authorization'],
  ...['Proxy-Authorization', 'WWW-Authenticate', 'Proxy-Authenticate', 'Event', 'Subscription-State', 'Allow-Events'],
  ...['Session-Expires', 'Min-SE', 'Reason', 'Date', 'Subject', 'Path', 'P-Asserted-Identity', 'Remote-Party-ID'],
];

export interface HeaderName {
  /** As written. */
  readonly name: string;
  /** The lower-case long name. */
  readonly key: string;
}

const knownKeys = new Map<string, string>(usualNames.map((name) => [name, name.toLowerCase()]));
for (const [compact, long] of Object.entries(longNames)) knownKeys.set(compact, long);

/** The lower-case long name under which a header field is found: `m`, `Contact` and `CONTACT` give `contact`. */
export function headerKey(name: string): string {
  const known = knownKeys.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return lower.length === 1 ? (longNames[lower] ?? lower) : lower;
}

const SLOTS = 512;
const slots = new Array<HeaderName | null>(SLOTS).fill(null);
for (const [name, key] of knownKeys) {
  let slot = slotOf(name, 0, name.length);
  while (slots[slot] !== null) slot = (slot + 1) % SLOTS;
  slots[slot] = { name, key };
}

function slotOf(text: string, start: number, end: number): number {
  const middle = text.charCodeAt((start + end) >> 1);
  return ((end - start) * 97 + text.charCodeAt(start) * 31 + middle * 7 + text.charCodeAt(end - 1)) % SLOTS;
}

/** The header name from `start` to `end`. A usual one in its usual spelling is not cut out: no allocation. */
export function headerNameIn(text: string, start: number, end: number): HeaderName {
  if (end > start) {
    for (let slot = slotOf(text, start, end); ; slot = (slot + 1) % SLOTS) {
      const known = slots[slot];
      if (known === null || known === undefined) break;
      if (known.name.length === end - start && text.startsWith(known.name, start)) return known;
    }
  }
  const name = text.slice(start, end);
  return { name, key: headerKey(name) };
}
