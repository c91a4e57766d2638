import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Writes docs/rfc.md: which file implements and which test shows each section that code or tests name. Sections are
 * always written `RFC 3261 §17.1.1.2`, which is what makes this possible.
 * `--check` exits 1 when the file is not what the sources say.
 */
const root = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../..' : '..', import.meta.url));
const codeFolders = ['base', 'sip', 'media', 'rooms', 'contract', 'control', 'gateway', 'hooks-reference', 'examples'];

interface Places {
  readonly code: Set<string>;
  readonly tests: Set<string>;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** `RFC 3261 §9.1, §9.2 and RFC 6026` gives 3261 with both sections, and 6026 as a whole. */
function sectionsIn(text: string): [rfc: number, section: string][] {
  const found: [number, string][] = [];
  for (const match of text.matchAll(/RFC (\d{3,5})((?:(?:,| and| to)? ?§[A-Z]?\d*(?:\.\d+)*)*)/g)) {
    const rfc = Number(match[1]);
    const sections = [...(match[2] ?? '').matchAll(/§([A-Z]?\d*(?:\.\d+)*)/g)].map(([, section]) => section ?? '');
    for (const section of sections.length > 0 ? sections : ['']) found.push([rfc, section]);
  }
  return found;
}

function collect(): Map<number, Map<string, Places>> {
  const index = new Map<number, Map<string, Places>>();
  const note = (file: string, kind: keyof Places): void => {
    for (const [rfc, section] of sectionsIn(readFileSync(join(root, file), 'utf8'))) {
      const sections = index.get(rfc) ?? new Map<string, Places>();
      index.set(rfc, sections);
      const places = sections.get(section) ?? { code: new Set(), tests: new Set() };
      sections.set(section, places);
      places[kind].add(file);
    }
  };
  for (const folder of codeFolders) for (const file of filesBelow(folder)) note(file, 'code');
  for (const file of filesBelow('test')) if (file.endsWith('.test.ts')) note(file, 'tests');
  return index;
}

/** 9.2 before 10.1, appendices last, the RFC as a whole first. */
function bySection(a: string, b: string): number {
  const parts = (section: string): (string | number)[] =>
    section.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const [x, y] = [left[i] ?? -1, right[i] ?? -1];
    if (x === y) continue;
    if (typeof x === 'number' && typeof y === 'number') return x - y;
    return typeof x === typeof y ? (x < y ? -1 : 1) : typeof x === 'number' ? -1 : 1;
  }
  return 0;
}

function cell(files: ReadonlySet<string>): string {
  return [...files].map((file) => `[${file}](../${file})`).join('<br>') || '–';
}

function render(index: ReadonlyMap<number, ReadonlyMap<string, Places>>): string {
  const lines = [
    '# RFC sections, files and tests',
    '',
    'Written by `scripts/rfc-index.ts` from the sections that code and tests name. A section without a test is one that',
    'only a comment refers to, or one that tests cover under another name.',
  ];
  for (const [rfc, sections] of [...index].sort(([a], [b]) => a - b)) {
    lines.push('', `## RFC ${rfc}`, '', '| section | code | tests |', '|---|---|---|');
    for (const [section, { code, tests }] of [...sections].sort(([a], [b]) => bySection(a, b))) {
      lines.push(`| ${section === '' ? 'as a whole' : `§${section}`} | ${cell(code)} | ${cell(tests)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const file = join(root, 'docs/rfc.md');
const text = render(collect());
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/rfc.md is not what code and tests say; run: node dist/scripts/rfc-index.js');
  process.exitCode = 1;
}
