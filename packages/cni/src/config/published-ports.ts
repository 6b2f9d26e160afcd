import type { PortMapping } from './config-schema.ts'
import type { NetworkConfig } from './network-config.ts'

/** The ports to publish. A port with host port 0 is not published, as in Kubernetes. */
export const publishedPorts = ({ runtimeConfig }: NetworkConfig): readonly PortMapping[] =>
  (runtimeConfig?.portMappings ?? []).filter(({ hostPort }) => hostPort !== 0)
