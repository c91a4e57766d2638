import type { Secret } from './profiles.js';
import { parseYaml } from './yaml.js';

export type Users = ReadonlyMap<string, Secret>;

/** What is asked of the users of a domain; who owns them may change them. */
export type UserLookup = Pick<Users, 'get' | 'has' | 'size'>;

/**
 * Reads a users file: YAML or JSON, a map of name to password, or to `{ ha1: … }`.
 * @returns the users, and a text for each thing that is wrong; passwords never appear in it
 */
export function parseUsers(content: string): { readonly users: Users; readonly problems: readonly string[] } {
  const file = parseYaml(content);
  return file.ok ? readUserMap(file.value) : { users: new Map(), problems: [file.problem] };
}

/** The same of a map that is part of a greater file. */
export function readUserMap(map: unknown): { readonly users: Users; readonly problems: readonly string[] } {
  const users = new Map<string, Secret>();
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    return { users, problems: ['it is not a map of names to passwords'] };
  }
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(map)) {
    const secret = parseSecret(entry);
    if (!/^[^\s@:"]{1,128}$/.test(name))
      problems.push(`"${name}" is no user name; 1 to 128 characters but @ : " and space`);
    else if (secret === null) problems.push(`"${name}" needs a password, or ha1 with 32 lowercase hex digits`);
    else users.set(name, secret);
  }
  return { users, problems };
}

function parseSecret(entry: unknown): Secret | null {
  if (typeof entry === 'string') return entry === '' ? null : { password: entry };
  if (typeof entry !== 'object' || entry === null || !('ha1' in entry)) return null;
  const { ha1 } = entry;
  return typeof ha1 === 'string' && /^[0-9a-f]{32}$/.test(ha1) ? { ha1 } : null;
}
