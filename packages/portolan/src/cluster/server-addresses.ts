import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { afterSilence } from '@portolan/host'

/** How long to wait for a nameserver, in milliseconds. */
const LOOKUP_MS = 1_000

type Resolve = (name: string) => Promise<readonly { readonly address: string }[]>

const asSystem: Resolve = (name) => lookup(name, { all: true })

/** The host of an endpoint: `192.0.2.1` for `192.0.2.1:2379`. */
const hostOf = (endpoint: string): string => endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/**
 * The addresses of etcd servers, in the order of the endpoints. A server named by a host name may be on a network of
 * this host too, so the name is resolved as the system does, with /etc/hosts. A name without an answer gives no
 * address.
 */
export const serverAddresses = async (
  endpoints: readonly string[],
  resolve: Resolve = asSystem,
): Promise<readonly string[]> => {
  const found = await Promise.all(
    endpoints.map(async (endpoint) => {
      const host = hostOf(endpoint)
      return isIP(host) === 0 ? await resolved(host, resolve) : [host]
    }),
  )
  return found.flat()
}

const resolved = async (name: string, resolve: Resolve): Promise<readonly string[]> => {
  let heard = (): void => {}
  const silent = new Promise<readonly string[]>((done) => {
    heard = afterSilence(LOOKUP_MS, () => done([]))
  })
  try {
    const answer = resolve(name).then(
      (found) => found.map(({ address }) => address),
      () => [],
    )
    return await Promise.race([answer, silent])
  } finally {
    heard()
  }
}
