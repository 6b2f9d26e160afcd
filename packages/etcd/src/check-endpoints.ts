import { isIPv4, isIPv6 } from 'node:net'
import { InvalidRequestError } from '@portolan/netfilter'

/** Is this endpoint a server behind a socket file? Such a server has no name and no port. */
export const isSocketFile = (endpoint: string): boolean => endpoint.startsWith('unix:')

/** The address or name in an endpoint that is not a socket file: `192.0.2.1`, `2001:db8::1` or `etcd.example`. */
export const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

const isEndpoint = (text: string): boolean => {
  if (isSocketFile(text)) return isFile(text.slice('unix:'.length))
  const [, address, name, port] = /^(?:\[([^[\]]+)\]|([\p{L}\p{N}._-]+)):(\d{1,5})$/u.exec(text) ?? []
  if (port === undefined || Number(port) === 0 || Number(port) > 65_535) return false
  if (address !== undefined) return isIPv6(address)
  return name !== undefined && (isIPv4(name) || !/^[\d.]+$/.test(name))
}

/**
 * Is this the path of a file: `/run/etcd`, `///run/etcd` as in a URL, or a relative path? gRPC takes the text after
 * `//` for a server's name.
 */
const isFile = (path: string): boolean => {
  if (path === '' || path.endsWith('/')) return false
  return path.startsWith('//') ? /^\/\/\/[^/]/.test(path) : path.includes('/') || !path.includes(':')
}

/**
 * Refuses texts that are not endpoints. gRPC takes most texts for a name, and uses port 443 where none is given. For a
 * wrong name or port it only reports that no server answers.
 *
 * @throws InvalidRequestError
 */
export const checkEndpoints = ({ endpoints }: { readonly endpoints: readonly string[] }): void => {
  const forms = 'HOST:PORT (192.0.2.1:2379, etcd.example:2379), [ADDRESS]:PORT for IPv6, or unix:FILE'
  if (endpoints.length === 0)
    throw new InvalidRequestError(`endpoints names no server of etcd. Name one or more: ${forms}.`)
  const wrong = endpoints.find((endpoint) => !isEndpoint(endpoint))
  if (wrong !== undefined)
    throw new InvalidRequestError(
      `endpoints has ${JSON.stringify(wrong)}, which is no endpoint of etcd. Write it as ${forms}, without a scheme: tls says whether it is asked with TLS.`,
    )
}
