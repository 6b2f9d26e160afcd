import {
  type BigIntStats,
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Runner } from '@portolan/core'
import { eachAttribute, littleEndian } from '@portolan/core/netlink'
import { canonicalAddress } from '@portolan/netfilter'
import { inBigints } from '../file/in-bigints.ts'
import { attributeU32 } from '../netlink/attribute.ts'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { NETLINK_ROUTE } from '../netlink/constants.ts'
import { EINVAL } from '../netlink/errno.ts'
import { get } from '../netlink/request.ts'

/** include/uapi/linux/rtnetlink.h and net_namespace.h */
const RTM_GETNSID = 90
const NETNSA_NSID = 1
const NETNSA_FD = 3

/**
 * The other end of an interface of this host.
 * @public @since 0.1.0
 */
export interface PeerInside {
  readonly mac: string
  /** The addresses with their prefix lengths, without those of the scope `link`. */
  readonly addresses: readonly string[]
  /**
   * True: the other end is in this namespace, because the container has ended or its engine has not moved it yet.
   * Absent: it is in another namespace.
   */
  readonly isHere?: true
}

/** The folders in which engines keep namespaces that may have no process. */
const folders = ['/run/netns', '/run/docker/netns']

interface LinkJson {
  readonly ifname?: string
  readonly ifindex?: number
  /** The name of the other end, if it is in the same namespace. */
  readonly link?: string
  /** The index of the other end, if it is in another namespace. */
  readonly link_index?: number
  /** The number that this namespace has for the namespace of the other end. */
  readonly link_netnsid?: number
  readonly address?: string
  readonly addr_info?: readonly {
    readonly local?: string
    readonly prefixlen?: number
    readonly scope?: string
  }[]
}

/**
 * Reads the other ends of interfaces, in the namespaces of containers. On a host that has lost its records only they
 * tell which addresses are in use.
 *
 * @param indexes - the indexes of the ends on this host
 * @returns the other ends that were found, by the index here; an end in a namespace that cannot be seen is missing
 * @example
 * const peers = await readPeers(createRunner(), [])
 * const addresses = [...peers.values()].flatMap((peer) => peer.addresses) // as '172.17.0.2/16'
 * addresses.length // 0
 * @public @since 0.1.0
 */
export const readPeers = async (
  runner: Runner,
  indexes: readonly number[],
): Promise<ReadonlyMap<number, PeerInside>> => {
  const all = linksIn((await runner.run('ip', ['-json', 'link', 'show'])).stdout)
  const asked = all.filter(({ ifindex }) => indexes.includes(ifindex ?? 0))
  const here = asked.filter(({ link_netnsid: id }) => id !== undefined)
  const found = new Map<number, PeerInside>()
  for (const { ifindex, link, link_netnsid: id } of asked) {
    const peer = all.find(({ ifname }) => ifname === link)
    if (id === undefined && link !== undefined && ifindex !== undefined && peer !== undefined)
      found.set(ifindex, { mac: peer.address ?? '', addresses: [], isHere: true })
  }
  if (here.length === 0) return found
  const connection = openConnection(NETLINK_ROUTE)
  try {
    for (const [identity, paths] of namespaces()) {
      const descriptor = openFirst(identity, paths)
      if (descriptor === null) continue
      try {
        const id = await numberOf(connection, descriptor)
        const wanted = here.filter((link) => link.link_netnsid === id)
        if (wanted.length === 0) continue
        const { stdout } = await runner.run('nsenter', [
          // The process number is the one in this /proc.
          `--net=/proc/${readlinkSync('/proc/self')}/fd/${descriptor}`,
          ...['--', 'ip', '-json', 'address', 'show'],
        ])
        const inside = linksIn(stdout)
        for (const { ifindex, link_index: other } of wanted) {
          const peer = inside.find((one) => one.ifindex === other && one.link_index === ifindex)
          if (peer !== undefined && ifindex !== undefined) found.set(ifindex, peerOf(peer))
        }
      } finally {
        closeSync(descriptor)
      }
    }
    return found
  } finally {
    connection.close()
  }
}

const peerOf = ({ address: mac = '', addr_info: listed = [] }: LinkJson): PeerInside => ({
  mac,
  addresses: listed.flatMap(({ local, prefixlen, scope }) =>
    local === undefined || scope === 'link' ? [] : [`${canonicalAddress(local)}/${prefixlen}`],
  ),
})

/**
 * The number that this namespace has for another one; null: it has none, so no interface here leads there.
 * @see net/core/net_namespace.c `rtnl_net_getid`
 */
const numberOf = async (connection: NetlinkConnection, descriptor: number): Promise<number | null> => {
  let id: number | null = null
  // struct rtgenmsg, padded.
  const payload = [new Uint8Array(4), attributeU32(NETNSA_FD, descriptor)]
  await get(connection, RTM_GETNSID, payload, EINVAL, ({ view, start, end }) =>
    eachAttribute(view, start + 4, end, (type, from) => {
      const told = view.getInt32(from, littleEndian)
      if (type === NETNSA_NSID && told >= 0) id = told
    }),
  )
  return id
}

const linksIn = (stdout: string): readonly LinkJson[] => {
  try {
    return JSON.parse(stdout) as readonly LinkJson[]
  } catch {
    return []
  }
}

/**
 * Opens the first path that still leads to the namespace. A process may have ended since, and another process may have
 * its number: then the next path is tried.
 */
const openFirst = (identity: string, paths: readonly string[]): number | null => {
  for (const path of paths) {
    try {
      const descriptor = openSync(path, 'r')
      // For a mounted namespace, as each named one is, the link of the descriptor shows the path and not the identity.
      if (identityOf(fstatSync(descriptor, inBigints)) === identity) return descriptor
      closeSync(descriptor)
    } catch {
      // The process or the file is gone.
    }
  }
  return null
}

/** The paths to each network namespace of this machine except this one. */
const namespaces = (): Iterable<readonly [identity: string, paths: readonly string[]]> => {
  const paths = new Map<string, string[]>()
  for (const pid of namesIn('/proc'))
    if (/^\d+$/.test(pid)) note(paths, `/proc/${pid}/ns/net`, () => readlinkSync(`/proc/${pid}/ns/net`))
  for (const folder of folders)
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      note(paths, path, () => identityOf(statSync(path, inBigints)))
    }
  paths.delete(readlinkSync('/proc/self/ns/net'))
  return paths
}

/** The identity of a namespace, as the links of /proc/PID/ns show it. */
const identityOf = ({ ino }: BigIntStats): string => `net:[${ino}]`

const note = (paths: Map<string, string[]>, path: string, identify: () => string): void => {
  try {
    const identity = identify()
    const known = paths.get(identity)
    if (known === undefined) paths.set(identity, [path])
    else known.push(path)
  } catch {
    // The process has ended.
  }
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
