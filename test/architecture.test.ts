import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { eventNames } from '../gateway/events/names.js';
import { version } from '../gateway/version.js';
import { rootDir } from './support/dist.js';

const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contract: [],
  sip: ['base'],
  media: ['base'],
  rooms: ['media', 'base'],
  control: ['contract', 'base'],
  'hooks-reference': ['control', 'contract', 'base'],
  gateway: ['sip', 'media', 'rooms', 'contract', 'base'],
  examples: ['sip', 'base'],
};
/** Folders that are entered by index.ts alone. */
const doors = ['sip', 'media', 'rooms', 'control'];
/** What one file may do beyond its folder: it puts the program together. */
const alsoMayImport: Readonly<Record<string, readonly string[]>> = { 'gateway/main.ts': ['hooks-reference'] };
const outside = ['test', 'scripts', 'bench'];

function filesOf(folder: string): string[] {
  const path = join(rootDir, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

const textOf = (file: string): string => readFileSync(join(rootDir, file), 'utf8');
const folderOf = (file: string): string => file.split('/', 1)[0] ?? '';
const sources = Object.keys(mayImport).flatMap(filesOf);
const everything = [...sources, ...outside.flatMap(filesOf)];

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file meant, from the root, as the `.js` that the specifier names; null for a package. */
  readonly target: string | null;
}

const imports: readonly Import[] = everything.flatMap((from) =>
  ts.preProcessFile(textOf(from), true, true).importedFiles.map(({ fileName: specifier }) => {
    const target = specifier.startsWith('.') ? relative(rootDir, join(rootDir, dirname(from), specifier)) : null;
    return { from, specifier, target };
  }),
);
const crossing = imports.filter(
  (each): each is Import & { target: string } => each.target !== null && folderOf(each.target) !== folderOf(each.from),
);
const inSources = crossing.filter(({ from }) => !outside.includes(folderOf(from)));

/** Lines that match, as `file:line: text`. */
function found(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

const except = (...allowed: string[]): string[] => sources.filter((file) => !allowed.includes(file));

describe('imports', () => {
  test('there is something to check', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(inSources.length).toBeGreaterThan(50);
  });

  test('point one way', () => {
    const wrong = inSources.filter(({ from, target }) => {
      const allowed = [...(mayImport[folderOf(from)] ?? []), ...(alsoMayImport[from] ?? [])];
      return !allowed.includes(folderOf(target));
    });
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test('enter sip/, media/, rooms/ and control/ by their door', () => {
    const wrong = inSources.filter(
      ({ target }) => doors.includes(folderOf(target)) && target !== `${folderOf(target)}/index.js`,
    );
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test('never go through the door of the folder they are in, which would be a circle', () => {
    const wrong = imports.filter(
      ({ from, target }) => target === `${folderOf(from)}/index.js` && sources.includes(from),
    );
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test('end in .js and name a file that exists', () => {
    const wrong = imports.filter(({ specifier, target }) => {
      // Integration tests import built files; JSON and declarations are not compiled.
      if (target === null || target.startsWith('dist/') || /\.(?:json|mjs)$/.test(specifier)) return false;
      const source = join(rootDir, target.replace(/\.js$/, ''));
      return !specifier.endsWith('.js') || !(existsSync(`${source}.ts`) || existsSync(`${source}.d.ts`));
    });
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test('what runs before packages are installed needs none', () => {
    const scripts = ['scripts', 'scripts/lib'].flatMap((folder) =>
      readdirSync(join(rootDir, folder))
        .filter((name) => name.endsWith('.mjs'))
        .map((name) => join(folder, name)),
    );
    expect(scripts.length).toBeGreaterThan(5);
    expect(found(scripts, /^import .* from '(?!node:|\.)/)).toEqual([]);
  });

  test('tests are imported by tests only', () => {
    const wrong = inSources.filter(({ target }) => outside.includes(folderOf(target)));
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });
});

describe('the outside world is an argument', () => {
  test('time comes from base/clock.ts', () => {
    const pattern = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|(?<![\w.])set(?:Timeout|Interval)\(/;
    expect(found(except('base/clock.ts'), pattern)).toEqual([]);
  });

  test('randomness comes from base/random.ts', () => {
    expect(
      found(except('base/random.ts'), /\bMath\.random\(|\brandom(?:Bytes|UUID|Int|FillSync)\(|getRandomValues/),
    ).toEqual([]);
  });

  test('sockets come from base/network.ts and its files for streams', () => {
    const allowed = ['base/network.ts', 'base/network-tcp.ts', 'base/network-tls.ts'];
    const wrong = imports.filter(
      ({ from, specifier }) =>
        /^node:(?:dgram|net|tls)$/.test(specifier) && sources.includes(from) && !allowed.includes(from),
    );
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test('the environment is read by gateway/config.ts and the reference hook server', () => {
    expect(found(except('gateway/config.ts', 'hooks-reference/main.ts'), /process\.env\b/)).toEqual([]);
  });
});

describe('what is made of the real world', () => {
  test('is made by the shells alone: sip/node.ts inside sip/', () => {
    const files = sources.filter((file) => folderOf(file) === 'sip' && file !== 'sip/node.ts');
    expect(found(files, /\bcreateReal(?:Clock|Random|Network|WebSockets)\b/)).toEqual([]);
  });

  test('is imported by nothing but the door', () => {
    const wrong = imports.filter(({ from, target }) => target === 'sip/node.js' && folderOf(from) === 'sip');
    expect(wrong.map(({ from }) => from)).toEqual(['sip/index.ts']);
  });
});

describe('files', () => {
  test('have at most 400 lines, fixtures and the lists of names that are doors excepted', () => {
    const isList = (file: string): boolean => doors.some((folder) => file === `${folder}/index.ts`);
    const checked = everything.filter(
      (file) => !file.startsWith('test/fixtures/') && !file.includes('/generated/') && !isList(file),
    );
    const long = checked.filter((file) => textOf(file).split('\n').length - 1 > 400);
    expect(long).toEqual([]);
  });

  test('of examples/ have at most 60 lines', () => {
    const examples = filesOf('examples');
    expect(examples.length).toBeGreaterThan(8);
    expect(examples.filter((file) => textOf(file).split('\n').length - 1 > 60)).toEqual([]);
  });

  test('are named by what they hold: kebab-case nouns, no util or helpers', () => {
    const wrong = everything.filter((file) => {
      const name = file.split('/').at(-1) ?? '';
      return (
        !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*\.ts$/.test(name) || /^(?:utils?|helpers?|common|misc)\.ts$/.test(name)
      );
    });
    expect(wrong).toEqual([]);
  });

  test('export names: no default export, no export *', () => {
    const exporting = everything.filter((file) => !file.startsWith('test/'));
    // Scripts of the mediaswitch library take the module itself as the object they assign to.
    const compatible = found(['control/index.ts'], /^export default projectcontrol;$/);
    expect(compatible).toHaveLength(1);
    expect(found(exporting, /^export (?:default\b|\*)/)).toEqual(compatible);
  });

  test('write sections as RFC 3261 §17.1, so that one search finds code and test', () => {
    const texts = everything.filter((file) => file !== 'test/architecture.test.ts');
    expect(found(texts, /\bRFC\d|\bRFC \d{3,5},? (?:[Ss]ection|[Ss]ec\.|[Cc]hapter) ?\d/)).toEqual([]);
  });

  test('give a TODO the number of its issue', () => {
    expect(
      found(
        everything.filter((file) => file !== 'test/architecture.test.ts'),
        /\bTODO\b(?! ?\(?#\d)|\bFIXME\b/,
      ),
    ).toEqual([]);
  });
});

describe('lists that have to agree', () => {
  test('every event that is logged is listed in gateway/events/names.ts', () => {
    const logged = sources.flatMap((file) =>
      [...textOf(file).matchAll(/\blog\.(?:trace|debug|info|warn|error)\(\s*'([^']+)'/g)].map(
        ([, name]) => `${name} in ${file}`,
      ),
    );
    expect(logged.length).toBeGreaterThan(10);
    expect(logged.filter((entry) => !Object.hasOwn(eventNames, entry.split(' ', 1)[0] ?? ''))).toEqual([]);
  });

  test('the version is that of package.json', () => {
    expect(JSON.parse(textOf('package.json'))).toMatchObject({ name: 'hookline', version });
  });
});
