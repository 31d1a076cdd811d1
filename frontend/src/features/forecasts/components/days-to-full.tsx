import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Section } from '@/components/page';
import { useNow } from '@/hooks/use-now';
import { aheadQuery, KINDS, nameOf, rangeInWords, stateOf, type Forecast } from '../api';
import classes from './forecasts.module.css';
import { When } from './forecasts-columns';

interface DaysToFullProps {
  serverId: string;
  /** Which of the server's forecasts belong here; without it those that somebody should see. */
  isShown?: (forecast: Forecast) => boolean;
}

/** A card for pages of servers and pools: what is used up when. Nothing at all where nothing holds. */
export function DaysToFull({ serverId, isShown }: DaysToFullProps) {
  const { data } = useQuery(aheadQuery(serverId));
  const now = useNow();
  const isUrgent = (one: Forecast) => ['warning', 'critical'].includes(stateOf(one, now));
  const found = (data?.items ?? []).filter(isShown ?? isUrgent);
  if (found.length === 0) return null;
  return (
    <Section title="Days to full">
      <ul className={classes.ahead}>
        {found.map((forecast) => (
          <li key={forecast.id}>
            <When forecast={forecast} />
            <Link to="/storage/forecasts/$forecastId" params={{ forecastId: forecast.id }}>
              {nameOf(forecast)}
            </Link>
            <span className={classes.faint}>
              {KINDS[forecast.kind]}, {rangeInWords(forecast, now)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
