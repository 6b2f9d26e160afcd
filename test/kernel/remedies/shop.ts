import { fromJson } from '../../from-json.ts'
import type { Container } from '../../lab/container.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'
import { engineRoom } from '../../lab/neighbour/engine-room.ts'

/** The mode of the project's network. */
export type Mode = 'nat' | 'routed'

export const families = ['ip', 'ip6'] as const

/** The addresses of the container. */
export const webAt = { ip: '172.30.1.10', ip6: 'fd00:30:1::10' } as const

/** The host's addresses on the bridge. */
export const gateways = { ip: '172.30.1.1', ip6: 'fd00:30:1::1' } as const

const composed = (mode: Mode): string => `name: shop
services:
  web:
    networks: { front: { ipv4_address: ${webAt.ip}, ipv6_address: "${webAt.ip6}" } }
    ports: [${mode === 'nat' ? '"8080:80"' : '"80"'}]
networks:
  front:
    enable_ipv6: true
    driver_opts:
      com.docker.network.bridge.name: br-front
      com.docker.network.bridge.gateway_mode_ipv4: ${mode}
      com.docker.network.bridge.gateway_mode_ipv6: ${mode}
    ipam: { config: [{ subnet: 172.30.1.0/24, gateway: ${gateways.ip} }, { subnet: "fd00:30:1::/64", gateway: "${gateways.ip6}" }] }
`

interface ConflictJson {
  readonly kind: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  readonly mapping: string | null
  readonly culprit: {
    readonly text: string
    readonly chain: string | null
    readonly owner: string | null
    readonly family: string | null
  } | null
  readonly remedy: { readonly text: string; readonly commands: readonly string[] }
}

/** A project with one published container on a lab's host. */
export interface Shop {
  readonly words: readonly string[]
  apply(...more: readonly string[]): Promise<CommandOutcome>
  conflicts(): Promise<readonly ConflictJson[]>
  /**
   * Runs the commands of the first remedy in a shell of the host, and searches again, until no conflict has commands. A
   * remedy that is offered twice has not helped.
   */
  carryOutRemedies(): Promise<readonly string[]>
  /** Runs the commands of all present remedies one after the other, without a search in between. */
  carryOutAllRemedies(): Promise<readonly string[]>
  /** The container, once the bridge exists. It listens on the published port and on another one. */
  web(): Promise<Container>
}

export const openShop = async (lab: Lab, mode: Mode = 'nat', backend = 'nftables'): Promise<Shop> => {
  const file = await lab.write('compose.yaml', composed(mode))
  const words = ['-f', file, '--backend', backend]
  const shop: Shop = {
    words,
    apply: (...more) => lab.portolan(['apply', ...words, '--yes', ...more]),
    async conflicts() {
      const { stdout } = await lab.portolan(['conflicts', ...words, '--json'])
      return fromJson<{ readonly conflicts: readonly ConflictJson[] }>(stdout).conflicts
    },
    async carryOutRemedies() {
      const room = await engineRoom(lab)
      const carriedOut: (readonly string[])[] = []
      for (;;) {
        const remedies = (await shop.conflicts()).map(({ remedy }) => remedy.commands)
        const commands = remedies.find(({ length }) => length > 0)
        if (commands === undefined) return carriedOut.flat()
        if (carriedOut.some((before) => before.join('\n') === commands.join('\n')))
          throw new Error(`This remedy was carried out, and is offered again:\n${commands.join('\n')}`)
        for (const command of commands) await room.mustRun(['sh', '-c', command])
        carriedOut.push(commands)
      }
    },
    async carryOutAllRemedies() {
      const room = await engineRoom(lab)
      const remedies = (await shop.conflicts()).map(({ remedy }) => remedy.commands)
      const commands = [...new Map(remedies.map((one) => [one.join('\n'), one])).values()].flat()
      for (const command of commands) await room.mustRun(['sh', '-c', command])
      return commands
    },
    web: () =>
      lab.container({
        name: 'web',
        bridge: 'br-front',
        address: `${webAt.ip}/24`,
        gateway: gateways.ip,
        address6: `${webAt.ip6}/64`,
        gateway6: gateways.ip6,
        services: [
          { protocol: 'tcp', port: 80 },
          { protocol: 'tcp', port: 81 },
        ],
      }),
  }
  return shop
}
