import type { PublishRequest } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'

/** The ports that a runtime asks for, as requests for one endpoint. */
export const wantedPorts = (
  { name, runtimeConfig }: NetworkConfig,
  endpoint: string,
): readonly PublishRequest[] =>
  (runtimeConfig?.portMappings ?? []).map(({ hostPort, containerPort, protocol = 'tcp', hostIP = '' }) => ({
    hostPort,
    protocol: protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp',
    ...(hostIP === '' ? {} : { hostAddress: hostIP }),
    to: { endpoint, network: name, port: containerPort },
  }))
