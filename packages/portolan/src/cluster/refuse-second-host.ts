import { type BlockSnapshot, describeCluster } from '@portolan/core'
import {
  families,
  formatAddress,
  type HostFacts,
  InvalidRequestError,
  tryParseAddress,
} from '@portolan/netfilter'
import { type JoinPlace, joinLine, lineThere } from './join-line.ts'
import { networksUpIn } from './networks-up.ts'
import { ownAddresses } from './node-addresses.ts'

/** A host that remembers nothing of a cluster and is about to join it. */
export interface FirstJoin extends JoinPlace {
  /** The name under which it would join. */
  readonly host: string
  /** The name was given with --member. */
  readonly isNamed: boolean
  /** The addresses given with --address. */
  readonly asked: readonly string[]
  readonly facts: HostFacts
}

/**
 * Refuses to join as a second host when this machine was already one and lost its state directory. It would get new
 * blocks, and its networks would be in blocks that are not its own. An address of this machine shows the earlier host.
 * When an address or a name is given, networks must be up in those blocks too, because several hosts may run on one
 * machine. Networks alone show the earlier host only if it is not alive and no name is given: another machine may have
 * a lost block by now.
 *
 * @throws InvalidRequestError with the command that takes the blocks back
 */
export const refuseSecondHost = (snapshot: BlockSnapshot, join: FirstJoin): void => {
  const { host: name, isNamed, asked, facts, directory } = join
  const hosts = describeCluster(snapshot).hosts.filter(({ blocks }) => blocks.length > 0)
  // The join itself decides about a host of this name: it is this host, or the name belongs to another machine.
  if (hosts.some(({ host }) => host === name)) return
  const own = addressesOf(join)
  const isUnasked = asked.length === 0 && !isNamed
  const way = (host: string): string =>
    `If this host was ${host} and lost its state directory, get the blocks back: \`${joinLine(join, '--takeover', '--member', host)}\`, once nothing has kept ${host} alive for a minute.`
  for (const { host, addresses, blocks } of hosts) {
    const address = families.map((family) => addresses?.[family] ?? '').find((one) => own.has(one))
    if (address !== undefined && (isUnasked || networksUpIn(rangesOf(blocks), facts).length > 0))
      throw new InvalidRequestError(
        `this host got no block, as it may already be host ${host} of this cluster. ${host} has blocks (${blocks.map(({ block }) => block).join(', ')}) and is reached through ${address}, which is an address of this host, but the state directory ${directory} remembers nothing of the cluster. ${way(host)} If ${host} is another machine, name the address of this one (--address). Where ${host} is off for good, reclaim its blocks first (\`${lineThere('reclaim', join, '--member', host)}\`).`,
      )
  }
  if (isNamed) return
  for (const { host, alive, blocks } of hosts) {
    const networks = alive ? [] : networksUpIn(rangesOf(blocks), facts)
    if (networks.length > 0)
      throw new InvalidRequestError(
        `this host got no block, as it may already be host ${host} of this cluster. Networks of this host (${networks.join(', ')}) are in blocks of ${host}, but the state directory ${directory} remembers nothing of the cluster. ${way(host)} If ${host} is another machine, which got the block after this one had lost it, give this one a name (\`${joinLine(join, '--member', 'NAME')}\`). Then \`portolan plan\` says which network has to move.`,
      )
  }
}

const addressesOf = ({ asked, facts }: FirstJoin): ReadonlySet<string> =>
  asked.length === 0
    ? ownAddresses(facts)
    : new Set(
        asked.flatMap((text) => {
          const address = tryParseAddress(text)
          return address === null ? [] : [formatAddress(address)]
        }),
      )

const rangesOf = (blocks: readonly { readonly block: string }[]): readonly string[] =>
  blocks.map(({ block }) => block)
