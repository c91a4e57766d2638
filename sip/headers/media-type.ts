import { fault, type Parsed, parsed } from '../../base/errors.js';
import { Params } from '../params.js';
import { paramsText, Scanner } from '../parse/scanner.js';
import { checkParams, checkToken } from './writable.js';

export interface MediaType {
  /** Lower-case `type/subtype`. */
  readonly type: string;
  readonly params: Params;
}

const SLASH = 0x2f;

/** RFC 3261 §20.15: `type/subtype` with parameters; `*` passes on either side (RFC 3261 §20.1). */
export function parseMediaType(text: string): Parsed<MediaType, 'bad-content-type'> {
  const scanner = new Scanner(text);
  scanner.skipLws();
  const type = scanner.token();
  const slash = scanner.takeSeparator(SLASH);
  const subtype = scanner.token();
  const params = new Params();
  const complete = scanner.params(params);
  scanner.skipLws();
  if (type === '' || !slash || subtype === '' || !complete || !scanner.done)
    return fault('bad-content-type', scanner.at);
  return parsed({ type: `${type}/${subtype}`.toLowerCase(), params });
}

/** Throws an UnwritableError for a type that is none, or parameters that cannot be written. */
export function serializeMediaType(value: MediaType): string {
  const [type = '', subtype = '', ...more] = value.type.split('/');
  checkToken('media type', type);
  checkToken('media type', more.length === 0 ? subtype : '');
  checkParams('media type', value.params);
  return value.type + paramsText(value.params);
}
