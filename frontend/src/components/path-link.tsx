import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { basePath } from '@/api/base';

/** Goes to a path that the server named, such as a result of the search. */
export function useOpenPath(): (path: string) => void {
  const router = useRouter();
  return (path) => router.history.push(`${basePath}${path}`);
}

interface PathLinkProps {
  path: string;
  className?: string;
  children: ReactNode;
}

/** A link to a path that the server named; the page is not loaded anew. */
export function PathLink({ path, className, children }: PathLinkProps) {
  const open = useOpenPath();
  const onClick = (event: MouseEvent) => {
    // A new tab or window is the browser's own business.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    open(path);
  };
  return (
    <a href={`${basePath}${path}`} className={className} onClick={onClick}>
      {children}
    </a>
  );
}
