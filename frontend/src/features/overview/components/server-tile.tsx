import { Text, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ServerTile as Tile } from '@/api/overview';
import { Meter } from '@/components/meter';
import { RelativeTime } from '@/components/relative-time';
import { SERVER_STATES, ServerStatusBadge } from '@/components/server-status';
import { Sparkline } from '@/components/sparkline';
import {
  formatDuration,
  formatPercent,
  formatUnit,
  NOT_KNOWN,
  plural,
  threeDigits,
} from '@/lib/format';
import classes from './overview.module.css';

/** How much of a processor's last hour the tile draws. */
function sparkLabel({ name, spark }: Tile): string {
  const last = spark.percent.at(-1);
  return last === undefined
    ? `Processor of ${name}: nothing measured yet`
    : `Processor of ${name} in the last hour, now ${formatPercent(last / 100)}`;
}

const isOld = ({ status }: Tile) => status === 'offline' || status === 'disabled';

function Aside({ tile }: { tile: Tile }) {
  const { load1, cpu_cores, temperature_celsius, uptime_seconds } = tile;
  return (
    <dl className={classes.aside}>
      <div>
        <dt>Load</dt>
        <dd>
          {load1 === null ? NOT_KNOWN : threeDigits(load1)}
          {cpu_cores !== null && load1 !== null && (
            <span className={classes.of}> on {plural(cpu_cores, 'core')}</span>
          )}
        </dd>
      </div>
      {temperature_celsius !== null && (
        <div>
          <dt>Hottest</dt>
          <dd>{formatUnit(temperature_celsius, 'celsius')}</dd>
        </div>
      )}
      <div>
        <dt>Up</dt>
        <dd>{formatDuration(uptime_seconds)}</dd>
      </div>
    </dl>
  );
}

/** One server at a glance. The figures of one that does not answer are greyed and say since when. */
export function ServerTile({ tile }: { tile: Tile }) {
  const mountpoint = tile.filesystem_mountpoint;
  return (
    <li className={classes.tile} data-state={SERVER_STATES[tile.status]}>
      <div className={classes.tileHead}>
        <Link to="/servers/$serverId" params={{ serverId: tile.id }} className={classes.name}>
          {tile.name}
        </Link>
        <ServerStatusBadge status={tile.status} reason={tile.reason} variant="soft" />
      </div>
      <Tooltip label={tile.status === 'online' ? tile.os_name : tile.reason}>
        <Text size="xs" c="dimmed" truncate tabIndex={0}>
          {tile.status === 'online' ? tile.os_name || 'This machine' : tile.reason}
        </Text>
      </Tooltip>
      <div className={isOld(tile) ? classes.old : undefined}>
        <div className={classes.spark}>
          <Sparkline
            values={tile.spark.percent}
            label={sparkLabel(tile)}
            width={280}
            height={36}
            min={0}
            max={100}
          />
        </div>
        <div className={classes.meters}>
          {/* A busy processor does its work; only what fills up is judged. */}
          <Meter label="CPU" percent={tile.cpu_percent} warnAt={Infinity} criticalAt={Infinity} />
          <Meter
            label="Memory"
            percent={tile.memory_percent}
            note={tile.memory_bytes === null ? undefined : formatUnit(tile.memory_bytes, 'bytes')}
          />
          <Meter label="Storage" percent={tile.filesystem_percent} note={mountpoint || undefined} />
        </div>
        <Aside tile={tile} />
      </div>
      {isOld(tile) && (
        <Text size="xs" c="dimmed">
          Last seen <RelativeTime at={tile.last_seen_at} never="never" />
        </Text>
      )}
    </li>
  );
}
