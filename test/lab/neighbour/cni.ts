import { fromJson } from '../../from-json.ts'
import type { Lab } from '../lab.ts'
import { engineRoom } from './engine-room.ts'
import {
  enterContainer,
  type ForeignContainer,
  type ForeignContainerOptions,
  readPublish,
} from './foreign-container.ts'

/** A network of the CNI plugins `bridge`, `portmap` and `firewall`. A test calls them as a container runtime does. */
export interface Cni {
  /** Runs ADD with every plugin of the network, for a new network namespace. */
  run(options: ForeignContainerOptions): Promise<ForeignContainer>
  /** Runs DEL with the same plugins, last first. */
  remove(name: string): Promise<void>
}

export interface CniOptions {
  readonly name?: string
  readonly bridge?: string
  readonly subnet?: string
  /** Default: none, so the network has no IPv6. */
  readonly subnet6?: string
  /** Further keys for the plugins' configuration. */
  readonly bridgePlugin?: Readonly<Record<string, unknown>>
  readonly portmapPlugin?: Readonly<Record<string, unknown>>
}

const directory = '/usr/lib/cni'

interface Result {
  readonly ips: readonly { readonly address: string }[]
}

/** Writes the network's configuration to /etc/cni/net.d, where a runtime looks for it. */
export const startCni = async (lab: Lab, options: CniOptions = {}): Promise<Cni> => {
  const room = await engineRoom(lab)
  const { name: network = 'pods', bridge = 'cni0', subnet = '10.85.0.0/16', subnet6 } = options
  const head = { cniVersion: '1.0.0', name: network }
  const plugins = [
    {
      type: 'bridge',
      bridge,
      isGateway: true,
      ipMasq: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet }], ...(subnet6 === undefined ? [] : [[{ subnet: subnet6 }]])],
        routes: [{ dst: '0.0.0.0/0' }, ...(subnet6 === undefined ? [] : [{ dst: '::/0' }])],
      },
      ...options.bridgePlugin,
    },
    { type: 'portmap', capabilities: { portMappings: true }, ...options.portmapPlugin },
    { type: 'firewall' },
  ]
  await room.mustRun(['mkdir', '-p', '/etc/cni/net.d'])
  await lab.host.writeText(`/etc/cni/net.d/10-${network}.conflist`, JSON.stringify({ ...head, plugins }))
  const called = new Map<string, { readonly ports: readonly object[]; result?: Result }>()
  const call = async (
    verb: 'ADD' | 'DEL',
    name: string,
    plugin: (typeof plugins)[number],
  ): Promise<string> => {
    const { ports, result } = called.get(name) ?? { ports: [] }
    const input = { ...head, ...plugin, runtimeConfig: { portMappings: ports }, prevResult: result }
    return room.mustRun([`${directory}/${plugin.type}`], {
      input: JSON.stringify(input),
      environment: {
        CNI_COMMAND: verb,
        CNI_CONTAINERID: name,
        CNI_NETNS: `/run/netns/${name}`,
        CNI_IFNAME: 'eth0',
        CNI_PATH: directory,
      },
    })
  }
  return {
    async run(container) {
      const { name, publish = [] } = container
      await room.mustRun(['ip', 'netns', 'add', name])
      const ports = publish
        .map(readPublish)
        .map(({ hostIp, ...rest }) => (hostIp === '' ? rest : { hostIP: hostIp, ...rest }))
      called.set(name, { ports })
      for (const plugin of plugins) {
        called.set(name, { ports, result: fromJson<Result>(await call('ADD', name, plugin)) })
      }
      const [address, address6 = null] = (called.get(name)?.result?.ips ?? []).map(
        (one) => one.address.split('/')[0],
      )
      if (address === undefined) throw new Error(`the bridge plugin gave ${name} no address`)
      return enterContainer(lab, room.outside(`/run/netns/${name}`), { address, address6 }, container)
    },
    async remove(name) {
      for (const plugin of plugins.toReversed()) await call('DEL', name, plugin)
      await room.mustRun(['ip', 'netns', 'del', name])
    },
  }
}
