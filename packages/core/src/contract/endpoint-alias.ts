/**
 * The endpoint that an attached interface belongs to.
 * @public @since 0.1.0
 */
export interface EndpointMark {
  readonly project: string
  readonly network: string
  readonly endpoint: string
}

const pattern = /^portolan project=([^\s=]+) network=([^\s=]+) endpoint=([^\s=]+)$/

/**
 * The ifalias of the host's end of an endpoint's veth pair. What `attach` made is known from the kernel alone, however
 * its process ended.
 * @example
 * endpointAlias({ project: 'shop', network: 'web', endpoint: 'web-1' }) // 'portolan project=shop network=web endpoint=web-1'
 * @public @since 0.1.0
 */
export const endpointAlias = ({ project, network, endpoint }: EndpointMark): string =>
  `portolan project=${encodeURIComponent(project)} network=${encodeURIComponent(network)} endpoint=${encodeURIComponent(endpoint)}`

/**
 * What an ifalias says; null when no endpoint of ours is behind the interface.
 * @example
 * parseEndpointAlias('portolan project=shop network=web') // null
 * @public @since 0.1.0
 */
export const parseEndpointAlias = (alias: string | undefined): EndpointMark | null => {
  const [, project, network, endpoint] = pattern.exec(alias ?? '') ?? []
  if (project === undefined || network === undefined || endpoint === undefined) return null
  try {
    return {
      project: decodeURIComponent(project),
      network: decodeURIComponent(network),
      endpoint: decodeURIComponent(endpoint),
    }
  } catch {
    return null
  }
}
