import { fault, type Parsed, parsed } from '../../base/errors.js';
import { SipHeaders } from '../message.js';
import { isAllOf, TOKEN } from '../parse/scanner.js';
import { reasonPhrase as phraseOf } from '../status.js';
import { parseUri, serializeUri, type Uri } from '../uri.js';

/** The Content-Type of a part of a SIP message. */
export const sipfragType = 'message/sipfrag';

/** RFC 3420 §2: any part of a SIP message that ends where the message's grammar lets it end. */
export interface SipFrag {
  /** Null where the fragment begins with its header fields. */
  readonly startLine:
    | { readonly kind: 'response'; readonly statusCode: number; readonly reasonPhrase: string }
    | { readonly kind: 'request'; readonly method: string; readonly uri: Uri }
    | null;
  /** Every header field, those too that a whole message keeps typed. */
  readonly headers: SipHeaders;
  /** Empty, never absent. */
  readonly body: Buffer;
}

/** Header fields of one fragment; more are a fault. */
const MAX_FIELDS = 128;

/**
 * Reads a `message/sipfrag` body. More liberal than RFC 3420 §2 where peers are: the last line may lack its line end,
 * and a line may end with a bare LF. Never throws.
 */
export function parseSipFrag(data: Buffer): Parsed<SipFrag, 'bad-sipfrag'> {
  const { head, body } = split(data);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = new SipHeaders();
  const first = lines[0] ?? '';
  const startLine = readStartLine(first);
  if (startLine === 'bad') return fault('bad-sipfrag');
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const isField = line !== '' && !(index === 0 && startLine !== null);
    if (isField) {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(colon, 0)).trimEnd();
      if (!isAllOf(name, TOKEN) || headers.size === MAX_FIELDS) return fault('bad-sipfrag', at);
      headers.appendRead(name, line.slice(colon + 1).trim());
    }
    at += line.length + 2;
  }
  if (startLine === null && headers.size === 0 && body.length === 0) return fault('bad-sipfrag');
  return parsed({ startLine, headers, body });
}

function split(data: Buffer): { readonly head: string; readonly body: Buffer } {
  if (data[0] === 0x0d && data[1] === 0x0a) return { head: '', body: Buffer.from(data.subarray(2)) };
  const crlf = data.indexOf('\r\n\r\n');
  const lf = data.indexOf('\n\n');
  if (crlf < 0 && lf < 0) return { head: data.toString('utf8'), body: Buffer.alloc(0) };
  const [end, skip] = lf < 0 || (crlf >= 0 && crlf < lf) ? [crlf, 4] : [lf, 2];
  return { head: data.toString('utf8', 0, end), body: Buffer.from(data.subarray(end + skip)) };
}

/** Null when the line is no start line and so may be a header field. */
function readStartLine(line: string): SipFrag['startLine'] | 'bad' {
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(line);
  if (status !== null) return { kind: 'response', statusCode: Number(status[1]), reasonPhrase: status[2] ?? '' };
  const request = /^(\S+) (\S+) SIP\/2\.0$/i.exec(line);
  if (request === null) return /^SIP\/\d/i.test(line) ? 'bad' : null;
  const uri = parseUri(request[2]!);
  return uri.ok && isAllOf(request[1]!, TOKEN) ? { kind: 'request', method: request[1]!, uri: uri.value } : 'bad';
}

/** Line breaks in names, values and phrases become blanks: a fragment cannot smuggle a field in. */
export function serializeSipFrag(frag: SipFrag): Buffer {
  const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ');
  const { startLine } = frag;
  let head = '';
  if (startLine?.kind === 'response') head = `SIP/2.0 ${startLine.statusCode} ${oneLine(startLine.reasonPhrase)}\r\n`;
  if (startLine?.kind === 'request') head = `${oneLine(startLine.method)} ${serializeUri(startLine.uri)} SIP/2.0\r\n`;
  for (const { name, value } of frag.headers) head += `${oneLine(name)}: ${oneLine(value)}\r\n`;
  if (frag.body.length === 0) return Buffer.from(head);
  return Buffer.concat([Buffer.from(`${head}\r\n`), frag.body]);
}

/** The fragment of RFC 3515 §2.4.5 that says how far a reference has come: a status line alone. */
export function statusFrag(statusCode: number, reasonPhrase = phraseOf(statusCode)): SipFrag {
  return {
    startLine: { kind: 'response', statusCode, reasonPhrase },
    headers: new SipHeaders(),
    body: Buffer.alloc(0),
  };
}
