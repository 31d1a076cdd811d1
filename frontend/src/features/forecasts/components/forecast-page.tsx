import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Chart } from '@/components/chart/chart';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useNow } from '@/hooks/use-now';
import { formatPercent, NOT_KNOWN, plural } from '@/lib/format';
import {
  daysUntil,
  forecastQuery,
  inWords,
  KINDS,
  nameOf,
  rangeInWords,
  shown,
  type Forecast,
  type ForecastDetail,
} from '../api';
import { divisorOf, plotOf } from '../chart-data';
import { When } from './forecasts-columns';

/** The whole of it in a sentence. */
export function sentence(forecast: Forecast, now: Date): string {
  const days = daysUntil(forecast.full_at, now);
  if (days === null) return `No date can be named. ${forecast.why}`;
  const verb = forecast.kind === 'wear' ? 'will be worn out' : 'will be full';
  if (days <= 0) return 'It is used up now.';
  const [when, range] = [inWords(days), rangeInWords(forecast, now)];
  return `If it goes on like this, it ${verb} in ${when}${range === when ? '' : ` (${range})`}.`;
}

function scoreOf({ kind, score_off: off, score_count: count, unit }: Forecast): string {
  if (kind === 'wear') return 'not scored: wear is told in whole percents, months apart';
  if (off === null || count === 0) return 'not yet: it takes two weeks of measurements';
  const digits = shown(off, unit);
  return `${digits} (a week ahead, median of ${plural(count, 'forecast')} in the last 30 days)`;
}

function Picture({ forecast }: { forecast: ForecastDetail }) {
  const plot = plotOf(forecast);
  const divisor = divisorOf(forecast.unit);
  const isShare = forecast.unit === 'percent';
  const full = forecast.full_at === null ? [] : [Date.parse(forecast.full_at) / 1000];
  return (
    <Section title="How it went, and how it goes on">
      <Chart
        title={`${nameOf(forecast)}, measured and expected`}
        hasTitle={false}
        times={plot.times}
        series={plot.series}
        unit={isShare ? 'fraction' : 'bytes'}
        from={plot.from}
        to={plot.to}
        height={300}
        {...(isShare ? { max: 1.1 } : {})}
        thresholds={[
          {
            value: forecast.level / divisor,
            label: forecast.kind === 'wear' ? 'worn out' : 'full',
            state: 'critical',
          },
        ]}
        events={full.map((at) => ({ at, label: 'expected', state: 'warning' }))}
      />
    </Section>
  );
}

function Facts({ forecast }: { forecast: ForecastDetail }) {
  const isDated = forecast.full_at !== null;
  return (
    <Section title="What it rests on">
      <FactList
        facts={[
          ['Kind', KINDS[forecast.kind]],
          ['Now', shown(forecast.value, forecast.unit)],
          ['Used up at', shown(forecast.level, forecast.unit)],
          ['Grows a day', isDated ? shown(forecast.per_day, forecast.unit) : NOT_KNOWN],
          ['Seen for', isDated ? inWords(forecast.seen_days) : NOT_KNOWN],
          ['Points that agree', isDated ? formatPercent(forecast.confidence) : NOT_KNOWN],
          ['Past forecasts were off by', scoreOf(forecast)],
          ['Made', <RelativeTime key="made" at={forecast.made_at} />],
        ]}
      />
    </Section>
  );
}

/** One forecast: its sentence, its picture, and what it rests on. */
export function ForecastPage({ forecastId }: { forecastId: string }) {
  const query = useQuery(forecastQuery(forecastId));
  const now = useNow();
  return (
    <Faces query={query} what="The forecast could not be read" skeleton={<RowsSkeleton rows={8} />}>
      {(forecast) => (
        <Page
          title={nameOf(forecast)}
          crumbs={[{ label: 'Forecasts', link: { to: '/storage/forecasts' } }]}
          status={<When forecast={forecast} />}
          subtitle={
            forecast.server_id === null ? undefined : (
              <>
                on{' '}
                <Link to="/servers/$serverId" params={{ serverId: forecast.server_id }}>
                  {forecast.server_name}
                </Link>
              </>
            )
          }
        >
          <Text>{sentence(forecast, now)}</Text>
          {forecast.times.length > 0 && <Picture forecast={forecast} />}
          <Facts forecast={forecast} />
        </Page>
      )}
    </Faces>
  );
}
