import { checkText } from '@portolan/netfilter/schema'
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
 * Writes the ifalias of the host's end of an endpoint's veth pair. The kernel alone then identifies an interface that
 * `attach` made, even if its process died.
 * @example
 * endpointAlias({ project: 'shop', network: 'web', endpoint: 'web-1' }) // 'portolan project=shop network=web endpoint=web-1'
 * @public @since 0.1.0
 */
export const endpointAlias = ({ project, network, endpoint }: EndpointMark): string =>
  `portolan project=${encodeURIComponent(project)} network=${encodeURIComponent(network)} endpoint=${encodeURIComponent(endpoint)}`

/**
 * Reads an ifalias; null: no endpoint of Portolan is behind the interface.
 * @example
 * parseEndpointAlias('portolan project=shop network=web') // null
 * @public @since 0.1.0
 */
export const parseEndpointAlias = (alias: string | undefined): EndpointMark | null => {
  checkText(alias ?? '', 'alias')
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
