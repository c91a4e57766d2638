import type { Random } from '../../base/random.js';
import type { SrvRecord } from './dns-message.js';

/**
 * RFC 2782: the order in which to try the servers of a name. Lower priorities first; of one priority each next one is
 * drawn by weight, those of weight 0 almost never while others are left. A target of `.` (no such service) is left out.
 */
export function orderSrv(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const byPriority = new Map<number, SrvRecord[]>();
  for (const record of records) {
    if (record.target === '.') continue;
    const group = byPriority.get(record.priority);
    if (group === undefined) byPriority.set(record.priority, [record]);
    else group.push(record);
  }
  const groups = [...byPriority].sort(([a], [b]) => a - b);
  return groups.flatMap(([, group]) => drawByWeight(group, random));
}

function drawByWeight(group: readonly SrvRecord[], random: Random): SrvRecord[] {
  // Those of weight 0 stand first, so that a draw of exactly 0 can meet them.
  const left = [...group].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    const drawn = random.uint32() % (sum + 1);
    let running = 0;
    const at = left.findIndex(({ weight }) => {
      running += weight;
      return running >= drawn;
    });
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}
