import { Breadcrumbs } from '@mantine/core';
import { Link, type LinkProps } from '@tanstack/react-router';

export interface Crumb {
  label: string;
  link: LinkProps;
}

/** The way down to this page, as real links; the page itself is its title. */
export function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumbs">
      <Breadcrumbs fz="sm">
        {crumbs.map(({ label, link }) => (
          <Link key={label} {...link}>
            {label}
          </Link>
        ))}
      </Breadcrumbs>
    </nav>
  );
}
