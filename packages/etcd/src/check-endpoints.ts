import { InvalidRequestError } from '@portolan/netfilter'

/** A server behind a socket file, which has no name and no port. */
export const isSocketFile = (endpoint: string): boolean => endpoint.startsWith('unix:')

/** `192.0.2.1`, `2001:db8::1` or `etcd.example` of an endpoint that is no socket file. */
export const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

const isEndpoint = (text: string): boolean => {
  if (isSocketFile(text)) return /^unix:(\/\/)?[^/]*\/.*[^/]$|^unix:[^/:]+$/.test(text)
  const [, port] = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535
}

/**
 * Refuses endpoints that no server can have. gRPC takes most texts for a name, asks at port 443 where none is told, and says of
 * either that no server answers.
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
