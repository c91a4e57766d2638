import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingsTable } from '../gateway/config/help.js';

const file = 'README.md';
const place = /(<!-- settings: .*? -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** The README with the table of settings as gateway/config/settings.ts has it. Throws when its place is missing. */
export function withSettings(readme: string): string {
  if (!place.test(readme)) throw new Error(`${file} has no place for the settings`);
  return readme.replace(place, (_all, before: string, after: string) => `${before}\n${settingsTable()}\n\n${after}`);
}

/** Run from the root: writes the table into README.md. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(file, withSettings(readFileSync(file, 'utf8')));
}
