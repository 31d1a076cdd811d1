/** Overwritten by `make api-client`; until the first export of the API it knows no path. */
export type paths = Record<never, never>;
