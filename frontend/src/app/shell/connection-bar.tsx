import { Loader } from '@mantine/core';
import { useLiveStatus } from '@/api/live';
import classes from './shell.module.css';

/** Quiet: what is on the page stays, and catches up when the connection is back. */
export function ConnectionBar() {
  const status = useLiveStatus();
  return (
    <div role="status">
      {status === 'lost' && (
        <div className={classes.connection}>
          <Loader size={14} color="gray" />
          The connection to Unity is lost. What you see may be old; trying again.
        </div>
      )}
    </div>
  );
}
