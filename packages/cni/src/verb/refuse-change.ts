import { InvalidRequestError } from '@portolan/netfilter'
import type { LiveHost } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'

type Network = ReturnType<LiveHost['networks']>[number]

/**
 * Refuses a configuration that would change a network while containers are on it: their bridge, their ways out or the
 * containers they reach. An ADD that fails afterwards could not undo the change.
 *
 * @throws InvalidRequestError with the key
 */
export const refuseChange = (host: Pick<LiveHost, 'networks' | 'endpoints'>, config: NetworkConfig): void => {
  const known = host.networks().find(({ name }) => name === config.name)
  if (known === undefined) return
  const on = host.endpoints().filter(({ network }) => network === config.name)
  const [key] = Object.entries(keysOf(known, config)).find(([, [has, asked]]) => has !== asked) ?? []
  const [first] = on
  if (first === undefined || key === undefined) return
  const names = on.slice(0, 3).map(({ service }) => service)
  throw new InvalidRequestError({
    problem: `network ${config.name} was made with another "${key}" than this configuration has, and ${on.length === 1 ? 'a container is' : `${on.length} containers are`} on it (${names.join(', ')}${on.length > 3 ? ', ...' : ''}): it is not changed under them.`,
    remedy: () => `Delete them first, give the network another "name", or leave "${key}" as it was.`,
  })
}

type Value = string | number | boolean | null

/** The value that the network has and the value asked for, by the key of the configuration. */
const keysOf = (
  network: Network,
  { bridge, mtu, ipv6 = false, internal = false, icc = true, ipMasq = true }: NetworkConfig,
): Readonly<Record<string, readonly [has: Value, asked: Value]>> => ({
  bridge: [network.bridge, bridge ?? network.bridge],
  mtu: [network.mtu, mtu ?? null],
  ipv6: [network.ip6 !== null, ipv6 !== false],
  internal: [network.internal, internal],
  icc: [network.icc, icc],
  ipMasq: [(network.ip ?? network.ip6)?.masquerade ?? ipMasq, ipMasq],
})
