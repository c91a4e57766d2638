import type { DomainProfile } from '../../gateway/config/domains.js';
import { parseConfig } from '../../gateway/config.js';

/** Domains as the setting `domains` reads them. */
export function profilesOf(yaml: string): readonly DomainProfile[] {
  const read = parseConfig({
    argv: ['--config', 'domains.yaml'],
    env: {},
    readFile: () => `domains: ${yaml}`,
    interfaces: [],
    cores: 1,
  });
  if (read.kind !== 'config') throw new Error(JSON.stringify(read));
  return read.config.domains;
}
