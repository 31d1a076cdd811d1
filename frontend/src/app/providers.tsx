import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { styleNonce } from './csp';
import { StepUpDialog } from './step-up-dialog';
import { theme } from './theme';

// The same word as in public/color-scheme.js, which reads it before the first paint.
const colorSchemeManager = localStorageColorSchemeManager({ key: 'unity-color-scheme' });

export function Providers({ client, children }: { client: QueryClient; children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={client}>
        {children}
        <StepUpDialog />
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </MantineProvider>
  );
}
