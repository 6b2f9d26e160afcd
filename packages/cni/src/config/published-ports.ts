import type { PortMapping } from './config-schema.ts'
import type { NetworkConfig } from './network-config.ts'

/** The ports that are to be published. One whose host port is 0 has none, as in Kubernetes. */
export const publishedPorts = ({ runtimeConfig }: NetworkConfig): readonly PortMapping[] =>
  (runtimeConfig?.portMappings ?? []).filter(({ hostPort }) => hostPort !== 0)
