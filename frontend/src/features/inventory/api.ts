import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { basePath } from '@/api/base';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

export type Machine = components['schemas']['InventoryRow'];

export const PER_PAGE = 100;
export const EXPORT_ADDRESS = `${basePath}/api/infrastructure/inventory/export`;

export const inventoryQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '',
    q: search.q ?? '',
  };
  return queryOptions({
    queryKey: ['inventory', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/inventory', { params: { query } })),
    placeholderData: keepPreviousData,
  });
};
