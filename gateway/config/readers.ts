import { isLiteral, parseCidr } from './cidr.js';
import { parseYaml } from './yaml.js';

/** What is wrong with a part of a value: where in it (`[1].cidr`, empty for the whole), what was found, what is accepted. */
export interface Complaint {
  readonly path: string;
  /** As given; a Noun where the value itself may hold a secret. */
  readonly found: unknown;
  readonly accepted: string;
}

/** Stands for a value that is not repeated. */
export class Noun {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/**
 * Turns a raw value (the text of a flag or variable; a text, list or map of YAML) into a setting. Never throws.
 * `accepted` is the range as a person reads it; it ends the sentence "use …".
 */
export interface Reader<T> {
  readonly accepted: string;
  read(raw: unknown): Reading<T>;
}

function good<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function bad(
  found: unknown,
  accepted: string,
  path = '',
): { readonly ok: false; readonly complaints: Complaint[] } {
  return { ok: false, complaints: [{ path, found, accepted }] };
}

/** A reader of one text; `parse` answers null for one that is out of range. */
export function textReader<T>(accepted: string, parse: (text: string) => T | null): Reader<T> {
  return {
    accepted,
    read: (raw) => {
      const value = typeof raw === 'string' ? parse(raw.trim()) : null;
      return value === null ? bad(raw, accepted) : good(value);
    },
  };
}

export function integer(min: number, max: number, unit = ''): Reader<number> {
  const accepted = `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`;
  return textReader(accepted, (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : -1;
    return value >= min && value <= max ? value : null;
  });
}

export function bool(): Reader<boolean> {
  return textReader('true or false', (value) => {
    const word = value.toLowerCase();
    return word === 'true' || word === 'false' ? word === 'true' : null;
  });
}

/** One of the words, as written. */
export function choice<const T extends string>(...words: readonly T[]): Reader<T> {
  return textReader(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text) ?? null);
}

/** A word, or what another reader takes. */
export function either<const W extends string, T>(word: W, other: Reader<T>): Reader<W | T> {
  return {
    accepted: `${word}, or ${other.accepted}`,
    read: (raw) => (typeof raw === 'string' && raw.trim() === word ? good(word) : other.read(raw)),
  };
}

export function text(accepted: string, pattern: RegExp): Reader<string> {
  return textReader(accepted, (value) => (pattern.test(value) ? value : null));
}

/** An absolute http or https URL without a fragment; a trailing slash is trimmed. */
export function httpUrl(): Reader<string> {
  return textReader('an absolute http:// or https:// URL', (value) => {
    if (!URL.canParse(value)) return null;
    const { protocol, hash } = new URL(value);
    return (protocol === 'http:' || protocol === 'https:') && hash === '' ? value.replace(/\/+$/, '') : null;
  });
}

export function ipAddress(): Reader<string> {
  return textReader('one IPv4 or IPv6 address', (value) => (isLiteral(value) ? value : null));
}

export function cidr(): Reader<string> {
  return textReader('an address or CIDR range such as 192.0.2.0/24 or 2001:db8::/32', parseCidr);
}

/** A place to listen or to send to; `host` has no brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * HOST:PORT, an IPv6 host in brackets.
 * @param defaultPort  taken when the port is missing; null makes it required
 */
export function hostPort(hosts: string, host: RegExp, defaultPort: number | null): Reader<HostPort> {
  const leftOut = defaultPort === 0 ? ', found by DNS if left out' : `, ${defaultPort} if left out`;
  const port = `PORT 0 to 65535${defaultPort === null ? '' : leftOut}`;
  return textReader(`HOST:PORT with ${hosts}, IPv6 in brackets, ${port}`, (value) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(value);
    const name = match?.[1] ?? match?.[2] ?? '';
    const number = match?.[3] === undefined ? defaultPort : Number(match[3]);
    if (match === null || number === null || number > 65_535) return null;
    const fits = match[1] === undefined ? isLiteral(name) || host.test(name) : name.includes(':') && isLiteral(name);
    return fits ? { host: name, port: number } : null;
  });
}

/** A YAML list, or its members separated by commas. `min` 1 refuses an empty one. */
export function list<T>(each: Reader<T>, min: 0 | 1 = 0): Reader<readonly T[]> {
  const accepted = `${min === 0 ? 'a list' : 'at least one'}, separated by commas: ${each.accepted}`;
  return {
    accepted,
    read: (raw) => {
      const members = typeof raw === 'string' ? raw.split(',').filter((part) => part.trim() !== '') : raw;
      if (!Array.isArray(members) || members.length < min) return bad(raw, accepted);
      return gather(members.map((member, index) => nested(`[${index}]`, each.read(member))));
    },
  };
}

/** Objects of a YAML list; from a flag or variable as JSON. */
export function structures<T>(what: string, each: Reader<T>): Reader<readonly T[]> {
  const accepted = `a list of ${what} (${each.accepted}), as YAML or as JSON text`;
  return {
    accepted,
    read: (raw) => {
      const members = typeof raw === 'string' ? parseText(raw) : raw;
      if (!Array.isArray(members)) return bad(new Noun('this text'), accepted);
      return gather(members.map((member, index) => nested(`[${index}]`, each.read(member))));
    },
  };
}

function parseText(value: string): unknown {
  const parsed = parseYaml(value);
  return parsed.ok ? parsed.value : undefined;
}

/** One member of an object: its reader, and whether it may be missing. */
export interface Field<T> {
  readonly reader: Reader<T>;
  readonly optional: boolean;
}

type FieldsOf<F> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? (F[K]['optional'] extends true ? T | null : T) : never;
};

export function required<T>(reader: Reader<T>): { readonly reader: Reader<T>; readonly optional: false } {
  return { reader, optional: false };
}

export function optional<T>(reader: Reader<T>): { readonly reader: Reader<T>; readonly optional: true } {
  return { reader, optional: true };
}

/** An object with the named members, null for a missing optional one; an unknown member is a complaint. */
export function object<F extends Readonly<Record<string, Field<unknown>>>>(fields: F): Reader<FieldsOf<F>> {
  const names = Object.keys(fields);
  const accepted = `an object of ${names.map((name) => (fields[name]?.optional === true ? `${name}?` : name)).join(', ')}`;
  return {
    accepted,
    read: (raw) => {
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return bad(raw, accepted);
      const source = raw as Readonly<Record<string, unknown>>;
      const unknown = Object.keys(source).filter((name) => !names.includes(name));
      const readings: Reading<readonly [string, unknown]>[] = unknown.map((name) =>
        bad(new Noun('this member'), `only ${names.join(', ')}`, `.${name}`),
      );
      for (const [name, field] of Object.entries(fields)) {
        const value = source[name];
        if (field.optional && (value === undefined || value === null)) readings.push(good([name, null]));
        else readings.push(mapped(nested(`.${name}`, field.reader.read(value)), (read) => [name, read] as const));
      }
      return mapped(gather(readings), (pairs) => Object.fromEntries(pairs) as FieldsOf<F>);
    },
  };
}

/** Adds a rule that looks at the whole value; it returns a complaint, or null when the value is good. */
export function checked<T>(reader: Reader<T>, complaint: (value: T) => Complaint | null): Reader<T> {
  return {
    accepted: reader.accepted,
    read: (raw) => {
      const reading = reader.read(raw);
      const found = reading.ok ? complaint(reading.value) : null;
      return found === null ? reading : { ok: false, complaints: [found] };
    },
  };
}

/** A reader of the same values in another shape. */
export function transform<A, B>(reader: Reader<A>, change: (value: A) => B): Reader<B> {
  return { accepted: reader.accepted, read: (raw) => mapped(reader.read(raw), change) };
}

export function mapped<A, B>(reading: Reading<A>, change: (value: A) => B): Reading<B> {
  return reading.ok ? good(change(reading.value)) : reading;
}

function nested<T>(path: string, reading: Reading<T>): Reading<T> {
  if (reading.ok) return reading;
  return { ok: false, complaints: reading.complaints.map((each) => ({ ...each, path: path + each.path })) };
}

function gather<T>(readings: readonly Reading<T>[]): Reading<readonly T[]> {
  const complaints = readings.flatMap((reading) => (reading.ok ? [] : reading.complaints));
  if (complaints.length > 0) return { ok: false, complaints };
  return good(readings.flatMap((reading) => (reading.ok ? [reading.value] : [])));
}
