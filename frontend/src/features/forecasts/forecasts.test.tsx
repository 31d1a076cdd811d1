import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pageOf } from '@/testing/factories';
import { renderUi } from '@/testing/render';
import { server } from '@/testing/server';
import {
  inWords,
  nameOf,
  rangeInWords,
  shown,
  stateOf,
  type DriveRisk,
  type ForecastDetail,
} from './api';
import { plotOf } from './chart-data';
import { DaysToFull } from './components/days-to-full';
import { ForecastPage, sentence } from './components/forecast-page';
import { ForecastsPage } from './components/forecasts-page';
import { RisksPage } from './components/risks-page';

const LIST = '*/api/infrastructure/forecasts';
const ID = '01a20000-0000-7000-8000-000000000001';
const SERVER = '01a20000-0000-7000-8000-000000000002';
const NOW = new Date('2026-11-23T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000).toISOString();

const forecast = (fields: Partial<ForecastDetail> = {}): ForecastDetail => ({
  id: ID,
  resource_id: SERVER,
  resource_name: 'nas',
  resource_kind: 'server',
  server_id: SERVER,
  server_name: 'nas',
  kind: 'filesystem',
  subject: '/srv/data',
  metric: 'unity_filesystem_used_percent',
  unit: 'percent',
  level: 100,
  value: 82,
  full_at: inDays(9.4),
  earliest_at: inDays(8),
  latest_at: inDays(13),
  confidence: 0.97,
  per_day: 1.9,
  seen_days: 21,
  why_not: '',
  why: '',
  score_off: 0.4,
  score_count: 8,
  made_at: NOW.toISOString(),
  labels: {},
  times: [1000, 2000, 3000],
  values: [70, null, 82],
  line_times: [1000, 3000, 5000],
  line: [70, 82, 94],
  band_low: [70, 82, 90],
  band_high: [70, 82, 98],
  ...fields,
});
const undated = forecast({
  id: '01a20000-0000-7000-8000-000000000009',
  subject: '/',
  full_at: null,
  earliest_at: null,
  latest_at: null,
  why_not: 'no_growth',
  why: 'It does not grow steadily.',
  line_times: [],
  line: [],
  band_low: [],
  band_high: [],
});

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  return () => vi.useRealTimers();
});

describe('words of forecasts', () => {
  it('are as exact as a forecast is', () => {
    expect([0.02, 0.5, 1.2, 9.4, 30, 200, 1000].map(inWords)).toEqual([
      'an hour',
      '12 hours',
      'a day',
      '9 days',
      '4 weeks',
      '7 months',
      '3 years',
    ]);
  });

  it('name the range, and say where it has no end', () => {
    expect(rangeInWords(forecast(), NOW)).toBe('8 to 13 days');
    expect(rangeInWords(forecast({ latest_at: null }), NOW)).toBe('not before 8 days');
  });

  it('call a drive by its own name, and a value by its unit', () => {
    expect(nameOf(forecast({ kind: 'wear', subject: '', resource_name: 'nvme0n1' }))).toBe(
      'nvme0n1',
    );
    expect(shown(1.234, 'percent')).toBe('1.23 %');
    expect(shown(2 ** 30, 'bytes')).toBe('1 GiB');
  });

  it('tell the state by the time that is left', () => {
    expect(stateOf(forecast(), NOW)).toBe('warning');
    expect(stateOf(forecast({ full_at: inDays(2) }), NOW)).toBe('critical');
    expect(stateOf(forecast({ full_at: inDays(60) }), NOW)).toBe('ok');
    expect(stateOf(undated, NOW)).toBe('unknown');
  });

  it('put the whole into a sentence', () => {
    expect(sentence(forecast(), NOW)).toBe(
      'If it goes on like this, it will be full in 9 days (8 to 13 days).',
    );
    expect(sentence(undated, NOW)).toBe('No date can be named. It does not grow steadily.');
  });
});

describe('the picture of a forecast', () => {
  it('puts measured and expected on one axis, gaps as gaps, percent as fractions', () => {
    const { times, series } = plotOf(forecast());
    expect(times).toEqual([1000, 2000, 3000, 5000]);
    expect(series[0]?.values).toEqual([0.7, null, 0.82, null]);
    expect(series[1]?.values).toEqual([0.7, 0.76, 0.82, 0.94]);
    expect(series[1]?.max?.[3]).toBeCloseTo(0.98);
  });

  it('has no line where there is no date', () => {
    expect(plotOf(undated).series).toHaveLength(1);
  });
});

describe('pages of forecasts', () => {
  it('show what is used up first, and why there is no date', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf(forecast(), undated))));
    await renderUi(<ForecastsPage />);
    const table = await screen.findByRole('grid', { name: 'Forecasts' });
    expect(within(table).getByRole('link', { name: '/srv/data' })).toBeVisible();
    expect(within(table).getByText('in 9 days')).toBeVisible();
    expect(within(table).getByText('It does not grow steadily.')).toBeVisible();
  });

  it('say what comes when there are none yet', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf())));
    await renderUi(<ForecastsPage />);
    expect(await screen.findByText('No forecasts yet')).toBeVisible();
  });

  it('say what failed, with a way to try again', async () => {
    server.use(http.get(LIST, () => HttpResponse.json({ title: 'Broken' }, { status: 500 })));
    await renderUi(<ForecastsPage />);
    expect(await screen.findByRole('alert')).toHaveTextContent('The forecasts could not be read');
  });

  it('show one with its score', async () => {
    server.use(http.get(`${LIST}/${ID}`, () => HttpResponse.json(forecast())));
    await renderUi(<ForecastPage forecastId={ID} />);
    expect(await screen.findByText(/will be full in 9 days/)).toBeVisible();
    expect(screen.getByText(/0.4 % \(a week ahead, median of 8 forecasts/)).toBeVisible();
  });

  it('show a card on other pages only where something holds', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf(forecast()))));
    await renderUi(
      <>
        <DaysToFull serverId={SERVER} />
        <DaysToFull serverId={SERVER} isShown={() => false} />
      </>,
    );
    expect(await screen.findByText('Days to full')).toBeVisible();
    expect(screen.getAllByRole('region')).toHaveLength(1);
  });

  it('show risks as ranges, and say where nothing was published', async () => {
    const drive: DriveRisk = {
      device_id: ID,
      name: 'sda',
      model: 'ST4000',
      server_id: SERVER,
      server_name: 'nas',
      media: 'hdd',
      level: 'warning',
      least: 0.337,
      greatest: 0.656,
      code: 'pending_sectors',
      value: 4,
      why: 'It follows from the counter pending, which is 4.',
      source: 'Backblaze',
    };
    const flash = {
      ...drive,
      device_id: SERVER,
      name: 'nvme0n1',
      least: null,
      greatest: null,
      why: 'Nobody has published failure rates by attribute for this kind of drive.',
    };
    server.use(http.get(`${LIST}/drives`, () => HttpResponse.json(pageOf(drive, flash))));
    await renderUi(<RisksPage />);
    expect(await screen.findByText('33.7 to 65.6 %')).toBeVisible();
    expect(screen.getByText('not known')).toBeVisible();
  });
});
