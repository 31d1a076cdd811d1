// The providers that one may log in with, for the login page and the profile.
import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';

export const offersQuery = queryOptions({
  queryKey: ['sign-on', 'offers'],
  queryFn: () => dataOf(api.GET('/api/auth/providers')),
});
