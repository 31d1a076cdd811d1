import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { ProviderPage } from '@/features/single-sign-on/components/provider-page';
import { ProvidersPage } from '@/features/single-sign-on/components/providers-page';

export function ProvidersView() {
  const navigate = useNavigate();
  const open = (providerId: string) =>
    void navigate({ to: '/system/sign-on/$providerId', params: { providerId } });
  return <ProvidersPage onOpen={open} />;
}

export function ProviderView() {
  const { providerId } = useParams({ from: '/shell/system/sign-on/$providerId' });
  const navigate = useNavigate();
  const client = useQueryClient();
  // First away from the page of what is gone, then the list anew.
  const leave = () =>
    void navigate({ to: '/system/sign-on' }).then(() =>
      client.invalidateQueries({ queryKey: ['sign-on'] }),
    );
  return <ProviderPage id={providerId} onDeleted={leave} />;
}
