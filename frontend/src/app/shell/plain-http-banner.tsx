import { Box, Code, Text } from '@mantine/core';
import { Notice } from '@/components/notice';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isPlainHttp({
  protocol,
  hostname,
}: Pick<Location, 'protocol' | 'hostname'>): boolean {
  return protocol === 'http:' && !LOCAL.has(hostname);
}

/** Said on every page while passwords travel readable; a browser on the same machine is safe without TLS. */
export function PlainHttpBanner({
  where = window.location,
}: {
  where?: Pick<Location, 'protocol' | 'hostname'>;
}) {
  if (!isPlainHttp(where)) return null;
  return (
    <Box mb="sm">
      <Notice state="warning" role="status" title="This connection is not encrypted">
        <Text size="sm">
          Anyone on this network can read what you type here. Start Unity with your own certificate
          (<Code>unity serve --tls-cert … --tls-key …</Code>) or let it make one (
          <Code>unity serve --tls-self-signed</Code>).
        </Text>
      </Notice>
    </Box>
  );
}
