import { headerNameIn } from '../header-names.js';
import { parseNameAddr, parseViaList, serializeVia, tagOf, type Via } from '../header-values.js';
import { Params } from '../params.js';
import { unfold } from './head.js';

/**
 * What an answer copies (RFC 3261 §8.2.6.2) of a request whose Via, From, To, Call-ID and CSeq are not all readable.
 * RFC 4475 §3.1.2, §3.3.1 expect a 400 to such requests too.
 */
export interface RequestRemains {
  readonly kind: 'remains';
  readonly method: string;
  /** The top Via: its sent-by alone when the rest of it could not be read. */
  readonly via: Via;
  /** Vias below the top one, From, To, Call-ID and CSeq as they stand in the request, unfolded. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The To has no tag, and can take one. */
  readonly takesTag: boolean;
}

const copied = new Map([
  ['via', 'Via'],
  ['from', 'From'],
  ['to', 'To'],
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
]);

/** What stands below is not copied. */
const MAX_LINES = 128;

// Characters that would be a line end to somebody.
const unsafe = /[\0\r\n]/;

/** The remains of the request with that header section; null when they do not say where an answer goes. */
export function remainsOf(head: string, method: string): RequestRemains | null {
  const fields: [string, string][] = [];
  const seen = new Set<string>();
  let top: TopVia | null = null;
  let takesTag = false;
  const [start = '', ...lines] = head.split(/\n(?![ \t])/, MAX_LINES);
  if (!/ SIP\/\d/i.test(start)) return null;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const { key } = headerNameIn(line, 0, line.slice(0, colon).trimEnd().length);
    const name = copied.get(key);
    if (name === undefined || (key !== 'via' && seen.has(key))) continue;
    seen.add(key);
    const value = unfold(line.slice(colon + 1)).trim();
    if (unsafe.test(value)) return null;
    if (key === 'via' && top === null) {
      top = readTop(value);
      if (top === null) return null;
      for (const below of top.below) fields.push(['Via', below]);
      continue;
    }
    if (key === 'to') {
      const to = parseNameAddr(value);
      takesTag = to.ok && tagOf(to.value) === undefined;
    }
    fields.push([name, value]);
  }
  return top === null ? null : { kind: 'remains', method, via: top.via, fields, takesTag };
}

interface TopVia {
  readonly via: Via;
  /** The other values of its line. */
  readonly below: readonly string[];
}

/** The first value of a Via line. Of one that cannot be read whole, what stands before its parameters. */
function readTop(value: string): TopVia | null {
  const whole = parseViaList(value);
  if (whole.ok) {
    const [via, ...below] = whole.value;
    return via === undefined ? null : { via, below: below.map(serializeVia) };
  }
  const sentBy = parseViaList(/^[^;,]*/.exec(value)?.[0] ?? '');
  const via = sentBy.ok ? sentBy.value[0] : undefined;
  if (via === undefined) return null;
  const params = new Params();
  const branch = /;\s*branch\s*=\s*([\w.!%*+`'~-]+)/i.exec(value)?.[1];
  if (branch !== undefined) params.set('branch', branch);
  if (/;\s*rport\s*(?:[;,]|$)/i.test(value)) params.set('rport', null);
  return { via: { ...via, params }, below: [] };
}
