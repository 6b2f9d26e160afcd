import { type HostFacts, parseHostFacts } from '@portolan/netfilter'
import type { Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { hardwareAddress } from '../differential/introduce.ts'
import {
  addressesOf,
  entries,
  type Family,
  type MachineName,
  machineNames,
  openScene,
  type Scene,
} from '../differential/scene.ts'
import { extraAddresses } from './extra-addresses.ts'
import { type SourcePorts, startSourcePorts } from './source-ports.ts'

/** One lab for all random hosts. Only its rules change, and which bridges belong to the project. */
export interface Stage extends AsyncDisposable {
  readonly scene: Scene
  readonly sourcePorts: SourcePorts
  /** The facts that `portolan inspect` reads when these bridges belong to the project. */
  facts(bridgeNf: 0 | 1, ours: readonly string[]): HostFacts
  /** The machine that has an address, or gets it at its first use; null: none. */
  holderOf(family: Family, address: string): MachineName | null
  /** Gives a machine an address that no machine has yet, and a neighbour entry for it to the host. */
  adopt(name: MachineName, family: Family, address: string): Promise<void>
  /** Starts a service on a machine, unless it runs already. */
  serve(name: MachineName, protocol: 'tcp' | 'udp', port: number): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A second address of the only container of a bridge. It stands for a sibling. */
export const siblingOf: Readonly<Record<Family, string>> = { ip: '172.30.2.11', ip6: 'fd00:30:2::11' }

/** The alias of a bridge of the project. */
const aliasOf = (bridge: string): string => `portolan project=shop network=${bridge}`

const setUp = async ({ lab, machine }: Scene): Promise<void> => {
  await lab.host.ip(
    ...['v-a1', 'v-a2', 'v-b1'].map((port) => `link set ${port} type bridge_slave hairpin on`),
    `route add default via ${addresses.ip.outside}`,
    `route add default via ${addresses.ip6.outside}`,
  )
  await lab.host.setSysctl('net.ipv4.conf.br-b.route_localnet', 1)
  // A connection that rules stop halfway blocks its addresses and ports, with this setting for three seconds only.
  for (const name of machineNames) await machine(name).setSysctl('net.ipv4.tcp_synack_retries', 1)
}

const inspect = async (scene: Scene): Promise<HostFacts> => {
  const { exitCode, stdout, stderr } = await scene.lab.portolan(['inspect'])
  if (exitCode !== 0) throw new Error(`portolan inspect exited ${exitCode}: ${stderr}`)
  // The lab's own services listen at every port, so that the machine that a flow reaches answers. They must not count
  // as host ports in use.
  return { ...parseHostFacts(stdout, '<portolan inspect>'), sockets: [] }
}

const owned = (facts: HostFacts, ours: readonly string[]): HostFacts => ({
  ...facts,
  interfaces: (facts.interfaces ?? []).map((link) =>
    ours.includes(link.name ?? '') ? { ...link, alias: aliasOf(link.name ?? '') } : link,
  ),
})

/** The machine that an address belongs to, also when a witness uses the address before any question. */
const keeperOf = (family: Family, address: string): MachineName | null =>
  machineNames.find(
    (name) => addressesOf[family][name].includes(address) || extraAddresses(family, name).includes(address),
  ) ?? null

/** Builds the lab for all random hosts. */
export const openStage = async (): Promise<Stage> => {
  const scene = await openScene()
  try {
    await setUp(scene)
    const facts: HostFacts[] = []
    for (const value of [0, 1] as const) {
      await scene.setBridgeNf(value)
      facts.push(await inspect(scene))
    }
    const done = new Map<string, Promise<void>>()
    const once = (key: string, act: () => Promise<void>): Promise<void> => {
      const found = done.get(key) ?? act()
      done.set(key, found)
      return found
    }
    const hardware = await hardwareOf(scene)
    await adoptExtraAddresses(scene, hardware)
    const held = new Map<string, MachineName>()
    const holderOf = (family: Family, address: string): MachineName | null =>
      keeperOf(family, address) ?? held.get(address) ?? null
    const adoptOnce = (name: MachineName, family: Family, address: string): Promise<void> => {
      if (keeperOf(family, address) !== null) return Promise.resolve()
      const holder = holderOf(family, address) ?? name
      held.set(address, holder)
      return once(address, () => adopt(scene, hardware, holder, [[family, address]]))
    }
    for (const family of ['ip', 'ip6'] as const) await adoptOnce('b1', family, siblingOf[family])
    return {
      scene,
      sourcePorts: startSourcePorts(),
      holderOf,
      facts: (bridgeNf, ours) => owned(facts[bridgeNf] ?? {}, ours),
      adopt: adoptOnce,
      serve: (name, protocol, port) =>
        once(`${name} ${protocol} ${port}`, () => serve(scene.machine(name), protocol, port)),
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    }
  } catch (error) {
    await scene[Symbol.asyncDispose]()
    throw error
  }
}

type Hardware = ReadonlyMap<MachineName, string>

const hardwareOf = async (scene: Scene): Promise<Hardware> =>
  new Map(
    await Promise.all(
      machineNames
        .filter((name) => entries[name] !== null)
        .map(async (name) => [name, await hardwareAddress(scene.machine(name), 'eth0')] as const),
    ),
  )

/**
 * Adds all addresses of a machine by one program: a host uses some forty of them, and each start of a program takes as
 * long as a flow.
 */
const adoptExtraAddresses = async (scene: Scene, hardware: Hardware): Promise<void> => {
  for (const name of hardware.keys())
    await adopt(
      scene,
      hardware,
      name,
      (['ip', 'ip6'] as const).flatMap((family) =>
        extraAddresses(family, name).map((address) => [family, address] as const),
      ),
    )
}

const adopt = async (
  scene: Scene,
  hardware: Hardware,
  name: MachineName,
  addresses: readonly (readonly [Family, string])[],
): Promise<void> => {
  await scene.machine(name).ip(
    ...addresses.map(([family, address]) => {
      const length = family === 'ip' ? 32 : 128
      // Deprecated (preferred_lft 0), so that the kernel never chooses this address as a source by itself.
      const flags = family === 'ip6' ? ' nodad preferred_lft 0' : ''
      return `addr replace ${address}/${length} dev eth0${flags}`
    }),
  )
  const entry = entries[name]
  if (entry === null) return
  // Permanent neighbour entries: rules may drop neighbour discovery, and the search covers only TCP and UDP.
  const introduced = (device: string): readonly string[] =>
    addresses.map(
      ([, address]) =>
        `neigh replace ${address} lladdr ${hardware.get(name) ?? ''} dev ${device} nud permanent`,
    )
  await scene.lab.host.ip(...introduced(entry.in))
  // The other machine on the same bridge reaches it without the host.
  const other = name === 'a1' ? 'a2' : name === 'a2' ? 'a1' : null
  if (other !== null) await scene.machine(other).ip(...introduced('eth0'))
}

const serve = async (machine: Machine, protocol: 'tcp' | 'udp', port: number): Promise<void> => {
  await machine.listen({ protocol, port }).catch((error: unknown) => {
    if (!String(error).includes('Address already in use')) throw error
  })
}
