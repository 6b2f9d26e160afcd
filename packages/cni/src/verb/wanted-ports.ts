import type { PublishRequest } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'
import { publishedPorts } from '../config/published-ports.ts'

/** The ports that a runtime requests, as requests for one endpoint. */
export const wantedPorts = (config: NetworkConfig, endpoint: string): readonly PublishRequest[] =>
  publishedPorts(config).map(({ hostPort, containerPort, protocol = 'tcp', hostIP = '' }) => ({
    hostPort,
    protocol: protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp',
    ...(hostIP === '' ? {} : { hostAddress: hostIP }),
    to: { endpoint, network: config.name, port: containerPort },
  }))
