import { type BlockSnapshot, describeCluster, type NodeAddresses } from '@portolan/core'
import { addPoolsText } from '@portolan/core/planning'
import {
  containsAddress,
  type Family,
  families,
  formatAddress,
  InvalidRequestError,
  parsePrefix,
  tryParseAddress,
} from '@portolan/netfilter'

const familyNames = { ip: 'IPv4', ip6: 'IPv6' } as const

/**
 * Checks the addresses of --address, at most one of each family.
 *
 * @param own - the addresses that this host has
 * @throws InvalidRequestError for a text that is no address, or an address that this host does not have
 */
export const askedAddresses = (asked: readonly string[], own: ReadonlySet<string>): NodeAddresses => {
  const wanted: Record<Family, string | null> = { ip: null, ip6: null }
  for (const text of asked) {
    if (isLinkLocal(text))
      throw new InvalidRequestError(
        `--address ${text} is link-local, so another host cannot make a route through it: each host has such addresses on each of its interfaces. ${choiceOf(own)}`,
      )
    const address = tryParseAddress(text)
    if (address === null)
      throw new InvalidRequestError(
        `--address ${JSON.stringify(text)} is no IP address. Give one of this host.`,
      )
    const plain = formatAddress(address)
    if (!own.has(plain))
      throw new InvalidRequestError(
        `this host has no address ${plain} on an interface that is up, so other hosts would route its blocks elsewhere. It has ${listOf(own)}.`,
      )
    if (wanted[address.family] !== null)
      throw new InvalidRequestError(
        wanted[address.family] === plain
          ? `--address names ${plain} twice. Give it once.`
          : `--address names ${wanted[address.family]} and ${plain}, and the blocks of one family are reached through one address. Give one of each family.`,
      )
    wanted[address.family] = plain
  }
  return wanted
}

const linkLocal = parsePrefix('fe80::/10')

/**
 * Tells whether a text is a link-local address, with or without the interface that `ip address` and `ping` write behind
 * it.
 */
const isLinkLocal = (text: string): boolean => {
  const address = tryParseAddress(text.replace(/%.*$/, ''))
  return address !== null && containsAddress(linkLocal, address)
}

const listOf = (own: ReadonlySet<string>): string => (own.size === 0 ? 'none' : [...own].join(', '))

const choiceOf = (own: ReadonlySet<string>): string =>
  own.size === 0
    ? 'Give this host an address of the network that the hosts share.'
    : `Give another one of this host: it has ${listOf(own)}.`

/**
 * Refuses addresses that are of no use in a cluster.
 *
 * @param host - the name of this host there
 * @param written - how a command about the cluster is written
 * @throws InvalidRequestError for an address of a family without a pool, or one that another alive host has announced
 */
export const checkAskedAddresses = (
  wanted: NodeAddresses,
  snapshot: BlockSnapshot,
  host: string,
  written: (command: string) => string = (command) => command,
): void => {
  const { pools, hosts } = describeCluster(snapshot)
  for (const family of families) {
    const address = wanted[family]
    if (address === null) continue
    const isOfFamily = ({ pool }: { readonly pool: string }): boolean =>
      /^[^/]*:/.test(pool) === (family === 'ip6')
    if (pools.length > 0 && !pools.some(isOfFamily))
      throw new InvalidRequestError(
        `--address ${address} is ${familyNames[family]}, but no pool of this cluster is (${pools.map(({ pool }) => pool).join(', ')}), so no block can be reached through it. Leave it out, or ${addPoolsText(
          pools.map(({ pool }) => pool),
          ['NEW'],
          written,
        )}.`,
      )
    const other = hosts.find((one) => one.host !== host && one.alive && one.addresses?.[family] === address)
    if (other !== undefined)
      throw new InvalidRequestError(
        `--address ${address} is the address of host ${other.host}, which is alive. Two hosts of one network cannot have one address. Give another address of this host, or join as ${other.host} (--member) if this host is that one.`,
      )
  }
}
