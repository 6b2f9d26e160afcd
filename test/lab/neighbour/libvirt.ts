import { fromJson } from '../../from-json.ts'
import type { Lab } from '../lab.ts'
import { until } from '../until.ts'
import { type Daemon, engineRoom } from './engine-room.ts'

/** libvirtd with its network driver on a lab's host. */
export interface Libvirt {
  /** Runs `virsh WORDS` on the network driver. */
  virsh(...words: readonly string[]): Promise<string>
  /** Defines and starts a network. libvirtd starts dnsmasq for it. */
  createNetwork(network: LibvirtNetwork): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Sends SIGHUP, and waits until libvirtd has written the rules of its networks again. */
  reload(): Promise<void>
}

export interface LibvirtNetwork {
  readonly name: string
  readonly bridge: string
  /** With prefix length: `192.168.122.1/24`. */
  readonly gateway: string
  /** The same for IPv6; default: no IPv6. */
  readonly gateway6?: string
  readonly forward?: 'nat' | 'route' | 'open' | null
}

const xmlOf = ({ name, bridge, gateway, gateway6, forward = 'nat' }: LibvirtNetwork): string => {
  const addresses = [gateway, ...(gateway6 === undefined ? [] : [gateway6])].map((text) => {
    const [address, prefix] = text.split('/')
    const family = text.includes(':') ? 'ipv6' : 'ipv4'
    return `<ip family='${family}' address='${address}' prefix='${prefix}'/>`
  })
  const mode = forward === null ? '' : `<forward mode='${forward}'/>`
  // The spanning tree protocol is off: with it a new bridge port takes half a minute to forward.
  return `<network><name>${name}</name><bridge name='${bridge}' stp='off'/>${mode}${addresses.join('')}</network>`
}

// With nftables libvirt corrects the checksums of DHCP replies by tc's action csum. Not every kernel has that action,
// and no firewall rule depends on it. So this tc skips it.
const withoutChecksums = `#!/bin/sh
case "$*" in *csum*) exit 0 ;; esac
exec /usr/sbin/tc "$@"
`

interface ListedObject {
  readonly table?: { readonly family: string; readonly name: string; readonly handle: number }
  readonly rule?: {
    readonly family: string
    readonly table: string
    readonly chain: string
    readonly handle: number
  }
}

/** The rules of libvirtd. A rule's key is made of the kernel's handles of its table and of itself. */
const writtenRules = async ({ host }: Lab): Promise<ReadonlySet<string>> => {
  const text = await host.mustRun(['nft', '-j', 'list', 'ruleset'])
  const { nftables } = fromJson<{ readonly nftables: readonly ListedObject[] }>(text)
  const tables = new Map(
    nftables.flatMap(({ table }) =>
      table === undefined ? [] : [[`${table.family} ${table.name}`, table.handle] as const],
    ),
  )
  return new Set(
    nftables.flatMap(({ rule }) =>
      // libvirt has its own table with nftables, and its own chains with iptables.
      rule !== undefined && [rule.table, rule.chain].some((name) => /^libvirt_/i.test(name))
        ? [`${tables.get(`${rule.family} ${rule.table}`)} ${rule.handle}`]
        : [],
    ),
  )
}

/** @param backend - the value of firewall_backend in network.conf; default: libvirt's choice */
export const startLibvirt = async (
  lab: Lab,
  { backend }: { readonly backend?: 'nftables' | 'iptables' } = {},
): Promise<Libvirt> => {
  const room = await engineRoom(lab)
  const access = 'auth_unix_ro = "none"\nauth_unix_rw = "none"\nunix_sock_group = "root"\n'
  await lab.host.writeText('/etc/libvirt/libvirtd.conf', access)
  if (backend !== undefined) {
    await lab.host.writeText('/etc/libvirt/network.conf', `firewall_backend = "${backend}"\n`)
  }
  await lab.host.mustRun(['mkdir', '-p', '/run/lab/bin'])
  await lab.host.writeText('/run/lab/bin/tc', withoutChecksums)
  await lab.host.mustRun(['chmod', '+x', '/run/lab/bin/tc'])
  const virsh: Libvirt['virsh'] = (...words) =>
    room.mustRun(['virsh', '--quiet', '--connect=network:///system', ...words])
  const launch = (): Promise<Daemon> =>
    room.daemon('libvirtd', ['libvirtd'], async () => {
      if (!room.hasSocket('/run/libvirt/libvirt-sock')) return false
      const { exitCode } = await room.run(['virsh', '--quiet', '--connect=network:///system', 'uri'])
      return exitCode === 0
    })
  let daemon = await launch()
  const libvirt: Libvirt = {
    virsh,
    async createNetwork(network) {
      const path = await lab.write(`${network.name}.xml`, xmlOf(network))
      await virsh('net-define', path)
      await virsh('net-start', network.name)
    },
    stop: () => daemon.stop(),
    async start() {
      daemon = await launch()
    },
    async restart() {
      await libvirt.stop()
      await libvirt.start()
    },
    async reload() {
      const before = await writtenRules(lab)
      await daemon.signal('HUP')
      // libvirtd handles the signal later. It deletes each of its rules and adds it again, which gives it a new handle.
      await until('rules that libvirtd has written again', async () => {
        const now = await writtenRules(lab)
        return now.size >= before.size && ![...now].some((rule) => before.has(rule))
      })
    },
  }
  return libvirt
}
