import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { StatusBadge } from '@/components/status-badge';
import { useNow } from '@/hooks/use-now';
import { formatExact, formatPercent, NOT_KNOWN } from '@/lib/format';
import {
  daysUntil,
  inWords,
  KINDS,
  nameOf,
  rangeInWords,
  shown,
  stateOf,
  type Forecast,
} from '../api';

/** When it is used up, or in a word that nobody can say; the rest on hover. */
export function When({ forecast }: { forecast: Forecast }) {
  const now = useNow();
  const days = daysUntil(forecast.full_at, now);
  if (days === null || forecast.full_at === null)
    return (
      <StatusBadge state="unknown" reason={forecast.why}>
        no date
      </StatusBadge>
    );
  const exact = `${formatExact(new Date(forecast.full_at))}. Between: ${rangeInWords(forecast, now)}.`;
  return (
    <StatusBadge state={stateOf(forecast, now)} reason={exact}>
      {days <= 0 ? 'now' : `in ${inWords(days)}`}
    </StatusBadge>
  );
}

function Between({ forecast }: { forecast: Forecast }) {
  const now = useNow();
  const words = forecast.full_at === null ? forecast.why : rangeInWords(forecast, now);
  return (
    <Tooltip label={words}>
      <span>{words}</span>
    </Tooltip>
  );
}

const growth = ({ per_day: perDay, unit }: Forecast) =>
  perDay === 0 ? NOT_KNOWN : `${perDay > 0 ? '+' : ''}${shown(perDay, unit)}`;

// The server sorts by those with `sortBy`.
export const COLUMNS: Column<Forecast>[] = [
  {
    id: 'full_at',
    header: 'Used up',
    width: '128px',
    sortBy: (row) => row.full_at,
    cell: (row) => <When forecast={row} />,
  },
  {
    id: 'subject',
    header: 'What',
    sortBy: (row) => row.subject,
    text: nameOf,
    cell: (row) => (
      <Link to="/storage/forecasts/$forecastId" params={{ forecastId: row.id }} tabIndex={-1}>
        {nameOf(row)}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: 'clamp(80px, 16%, 180px)',
    sortBy: (row) => row.server_name,
    cell: (row) =>
      row.server_id === null ? (
        row.server_name
      ) : (
        <Link to="/servers/$serverId" params={{ serverId: row.server_id }} tabIndex={-1}>
          {row.server_name}
        </Link>
      ),
  },
  {
    id: 'kind',
    header: 'Kind',
    hideBelow: 'md',
    width: '140px',
    sortBy: (row) => row.kind,
    cell: (row) => KINDS[row.kind],
  },
  {
    id: 'between',
    header: 'Between, or why not',
    hideBelow: 'md',
    width: '26%',
    cell: (row) => <Between forecast={row} />,
  },
  {
    id: 'value',
    header: 'Now',
    align: 'right',
    width: '92px',
    hideBelow: 'sm',
    sortBy: (row) => row.value,
    cell: (row) => shown(row.value, row.unit),
  },
  {
    id: 'growth',
    header: 'A day',
    align: 'right',
    width: '92px',
    hideBelow: 'sm',
    sortBy: (row) => row.per_day,
    cell: growth,
  },
  {
    id: 'confidence',
    header: 'Agree',
    align: 'right',
    width: '80px',
    hideBelow: 'lg',
    sortBy: (row) => row.confidence,
    cell: (row) => (row.full_at === null ? NOT_KNOWN : formatPercent(row.confidence)),
  },
  {
    id: 'score',
    header: 'Off by',
    align: 'right',
    width: '84px',
    hideBelow: 'lg',
    sortBy: (row) => row.score_off,
    cell: (row) => shown(row.score_off, row.unit),
  },
];
