import { checkText } from '@portolan/netfilter/schema'
import type { EndpointMark } from './endpoint-alias.ts'

/** IFNAMSIZ is 16 with the closing NUL (include/uapi/linux/if.h). */
const longestName = 15
const hashLength = 6

/** FNV-1a, 32 bits: short and stable. No security depends on it. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/**
 * The interface name of a network's bridge: readable at the front, with a hash of project and network at the end that
 * makes it unique. It is the same on every host, and at most as long as an interface name may be.
 *
 * @example
 * bridgeName('shop', 'frontend') // 'br-front-v8faai'
 * @public @since 0.1.0
 */
export const bridgeName = (project: string, network: string): string => {
  checkText(project, 'project')
  checkText(network, 'network')
  return hashedName('br', network, `${project}/${network}`)
}

/**
 * The interface name of the host's end of an endpoint's veth pair, built like `bridgeName`.
 *
 * @param attempt - each number gives another name, for the case that a name is taken
 * @example
 * endpointPortName({ project: 'shop', network: 'web', endpoint: 'web-1' }) // 've-web1-q0f58r'
 * @public @since 0.1.0
 */
export const endpointPortName = ({ project, network, endpoint }: EndpointMark, attempt = 0): string =>
  hashedName('ve', endpoint, JSON.stringify([project, network, endpoint, attempt]))

const hashedName = (kind: string, readable: string, whole: string): string => {
  const hash = fnv1a(whole).toString(36).padStart(7, '0').slice(-hashLength)
  const room = longestName - hashLength - `${kind}--`.length
  const front =
    readable
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(0, room) || 'net'
  return `${kind}-${front}-${hash}`
}
