// A schedule in words. Schedules are written `every 5m` or `cron 30 3 * * 1-5`.
const UNITS: Record<string, [one: string, many: string]> = {
  s: ['second', 'seconds'],
  m: ['minute', 'minutes'],
  h: ['hour', 'hours'],
  d: ['day', 'days'],
};

export function inWords(trigger: string): string {
  if (trigger === '') return 'on demand only';
  const every = /^every (\d+)([smhd])$/.exec(trigger);
  const unit = UNITS[every?.[2] ?? ''];
  if (every && unit) {
    const count = Number(every[1]);
    return count === 1 ? `every ${unit[0]}` : `every ${count} ${unit[1]}`;
  }
  const daily = /^cron (\d+) (\d+) \* \* \*$/.exec(trigger);
  if (daily) return `daily at ${daily[2]?.padStart(2, '0')}:${daily[1]?.padStart(2, '0')} UTC`;
  return trigger;
}
