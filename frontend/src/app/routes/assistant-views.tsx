import { useParams, useSearch } from '@tanstack/react-router';
import { AskPage } from '@/features/assistant/components/ask-page';
import { ExchangePage } from '@/features/assistant/components/exchange-page';

export function AskView() {
  const { q } = useSearch({ from: '/shell/ask' });
  return <AskPage question={q} />;
}

export function ExchangeView() {
  const { exchangeId } = useParams({ from: '/shell/system/assistant/$exchangeId' });
  return <ExchangePage key={exchangeId} id={exchangeId} />;
}
