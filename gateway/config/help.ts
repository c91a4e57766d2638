import { flagOf, type SettingName, settings, variableOf } from './settings.js';

const width = 100;

/** The text of `--help`: every setting with its shape, unit and default. */
export function helpText(): string {
  const lines = [
    'hookline: a webhook-driven SIP gateway for conferencing rooms',
    '',
    'Usage: hookline [--flag value]…     (npm start -- [--flag value]… in a clone)',
    '',
    'Every setting is a flag (--rtp-timeout-ms), a variable (HOOKLINE_RTP_TIMEOUT_MS) and a YAML key',
    '(rtp_timeout_ms, in the file named by --config). A flag wins over a variable, a variable over the file.',
    'Lists are separated by commas, or YAML lists. Settings of shape JSON are YAML structures in the file.',
  ];
  let group = '';
  for (const name of Object.keys(settings) as SettingName[]) {
    const setting = settings[name];
    if (setting.group !== group) {
      group = setting.group;
      lines.push('', `${group}:`);
    }
    lines.push(`  ${flagOf(name)} ${setting.shape}${'repeatable' in setting ? '  (repeatable)' : ''}`);
    const unit = 'unit' in setting ? `; in ${setting.unit}` : '';
    lines.push(...wrap(`${setting.meaning}${unit}`), ...wrap(`default: ${defaultText(name)}`));
  }
  lines.push('', '  --help', ...wrap('print this and end'));
  return lines.join('\n');
}

/** The default as people read it; `none` where there is none. */
export function defaultText(name: SettingName): string {
  const setting = settings[name];
  if ('initialText' in setting && setting.initialText !== undefined) return setting.initialText;
  const { initial } = setting;
  if (initial === null || (Array.isArray(initial) && initial.length === 0)) return 'none';
  return Array.isArray(initial) ? initial.join(',') : String(initial);
}

/** The table as Markdown, for the README. */
export function settingsTable(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const setting = settings[name];
    const unit = 'unit' in setting ? setting.unit : '';
    const cells = [`\`${flagOf(name)}\``, `\`${variableOf(name)}\``, unit, defaultText(name), setting.meaning];
    return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| flag | variable | unit | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '     ';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = '     ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
