import { Box, Code, List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '@/api/session';
import { Notice } from '@/components/notice';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

type Place = Pick<Location, 'protocol' | 'hostname'>;

export function isPlainHttp({ protocol, hostname }: Place): boolean {
  return protocol === 'http:' && !LOCAL.has(hostname);
}

/** Said on every page while passwords travel readable; a browser on the same machine is safe without TLS. */
export function PlainHttpBanner({ where = window.location }: { where?: Place }) {
  const isSecure = useQuery(sessionQuery).data?.is_secure ?? true;
  if (isPlainHttp(where)) return <NotEncrypted />;
  return where.protocol === 'https:' && !isSecure ? <ProxyNotTrusted /> : null;
}

function NotEncrypted() {
  return (
    <Box mb="sm">
      <Notice state="warning" role="status" title="This connection is not encrypted">
        <Text size="sm">
          Anyone on this network can read what you type here, passwords too. There are two ways to
          TLS; restart Unity with one of them:
        </Text>
        <List size="sm" mt={4}>
          <List.Item>
            with your own certificate: <Code>unity serve --tls-cert FILE --tls-key FILE</Code>
          </List.Item>
          <List.Item>
            with one that it makes itself: <Code>unity serve --tls-self-signed</Code>
          </List.Item>
        </List>
      </Notice>
    </Box>
  );
}

/** The browser speaks TLS, but to a proxy whose word Unity does not take. */
function ProxyNotTrusted() {
  return (
    <Box mb="sm">
      <Notice state="warning" role="status" title="Unity does not know that this is encrypted">
        <Text size="sm">
          A proxy stands in front of it. Name the address of the proxy in{' '}
          <Code>UNITY_SERVER__TRUSTED_PROXIES</Code> and restart Unity, so that its cookies are kept
          to encrypted connections.
        </Text>
      </Notice>
    </Box>
  );
}
