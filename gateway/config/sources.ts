import { flagOf, keyOf, type SettingName, settings, variableOf } from './settings.js';
import { parseYaml } from './yaml.js';

/** A value as somebody gave it, and where: `--rtp-ports`, `HOOKLINE_RTP_PORTS`, `rtp_ports in FILE`. */
export interface Given {
  readonly raw: unknown;
  readonly origin: string;
}

export type GivenValues = Partial<Record<SettingName, Given>>;

export interface Source {
  readonly given: GivenValues;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const names = Object.keys(settings) as SettingName[];
const nameByFlag = new Map(names.map((name) => [flagOf(name), name]));
const nameByVariable = new Map(names.map((name) => [variableOf(name), name]));
const nameByKey = new Map(names.map((name) => [keyOf(name), name]));

/** `--name value` and `--name=value`; `--name` alone is true. The last one counts, repeatable ones add up. */
export function readFlags(argv: readonly string[]): Source {
  const given: GivenValues = {};
  const problems: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = nameByFlag.get(flag);
    if (name === undefined) {
      problems.push(`${flag}: no such flag${nearest(flag, nameByFlag.keys())}; --help lists them all`);
      if (equals < 0 && flag.startsWith('-') && argv[index + 1]?.startsWith('-') === false) index += 1;
      continue;
    }
    let raw: string;
    if (equals >= 0) raw = argument.slice(equals + 1);
    else if (takesNext(name, argv[index + 1])) {
      index += 1;
      raw = argv[index] ?? '';
    } else if (isSwitch(name)) raw = 'true';
    else {
      problems.push(`${keyOf(name)} (${flag}): a value is missing; use ${settings[name].reader.accepted}`);
      continue;
    }
    const before = given[name]?.raw;
    const adds = 'repeatable' in settings[name] && typeof before === 'string';
    given[name] = { raw: adds ? `${before},${raw}` : raw, origin: flag };
  }
  return { given, problems, warnings: [] };
}

function isSwitch(name: SettingName): boolean {
  return settings[name].shape === 'true|false';
}

function takesNext(name: SettingName, next: string | undefined): boolean {
  if (next === undefined || next.startsWith('--')) return false;
  return !isSwitch(name) || next === 'true' || next === 'false';
}

/** HOOKLINE_… variables; an empty one counts as not set, an unknown one is only worth a warning. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Source {
  const given: GivenValues = {};
  const warnings: string[] = [];
  for (const [variable, raw] of Object.entries(env)) {
    if (!variable.startsWith('HOOKLINE_') || raw === undefined || raw === '') continue;
    const name = nameByVariable.get(variable);
    if (name !== undefined) given[name] = { raw, origin: variable };
    else warnings.push(`${variable} is no setting${nearest(variable, nameByVariable.keys())} and is ignored`);
  }
  return { given, problems: [], warnings };
}

/** The YAML file: a map of setting to value. A null counts as not set. */
export function readYamlFile(file: string, content: string): Source {
  const parsed = parseYaml(content);
  if (!parsed.ok) return { given: {}, problems: [`config: ${file} is no YAML: ${parsed.problem}`], warnings: [] };
  const map = parsed.value ?? {};
  if (typeof map !== 'object' || Array.isArray(map)) {
    return { given: {}, problems: [`config: ${file} is not a map of settings`], warnings: [] };
  }
  const given: GivenValues = {};
  const problems: string[] = [];
  for (const [key, raw] of Object.entries(map)) {
    const name = nameByKey.get(key);
    if (name === undefined || name === 'config') {
      problems.push(`${key} (in ${file}): no such setting${nearest(key, nameByKey.keys())}; --help lists them all`);
    } else if (raw !== null) given[name] = { raw, origin: `in ${file}` };
  }
  return { given, problems, warnings: [] };
}

function nearest(wrong: string, known: Iterable<string>): string {
  let best = '';
  let bestDistance = 3;
  for (const word of known) {
    const distance = editDistance(wrong, word);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best === '' ? '' : ` (did you mean ${best}?)`;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
