import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { AddServerPage } from '@/features/add-server/components/add-server-page';

export function AddServerView() {
  const navigate = useNavigate();
  const { server } = useSearch({ from: '/shell/servers/add' });
  const [round, setRound] = useState(0);
  return (
    <AddServerPage
      key={round}
      serverId={server}
      onEntered={(id) =>
        void navigate({
          to: '/servers/add',
          search: { server: id },
          replace: true,
          resetScroll: false,
        })
      }
      onAgain={() => {
        void navigate({ to: '/servers/add', search: {} }).then(() => setRound(round + 1));
      }}
    />
  );
}
