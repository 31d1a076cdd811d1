import { useEffect, useState } from 'react';

/** False at first, true once the delay has passed: a fast answer shows no skeleton at all. */
export function useDelayed(milliseconds = 150): boolean {
  const [hasPassed, setHasPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setHasPassed(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return hasPassed;
}
