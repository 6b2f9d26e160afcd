import { fromJson } from '../../from-json.ts'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'

/** The addresses of a host on network `back`. */
const addressesOnBack = (host: number): { readonly ip: string; readonly ip6: string } => ({
  ip: `172.30.1.${host}`,
  ip6: `fd00:30:1::${host}`,
})

/** A Compose file with each kind of value that `reachable_from` and `links` accept. */
const compose = `name: shop
services:
  db: { networks: { back: { ipv4_address: ${addressesOnBack(9).ip}, ipv6_address: "${addressesOnBack(9).ip6}" } }, x-portolan: { reachable_from: [eth1] } }
  api:
    networks: { back: { ipv4_address: ${addressesOnBack(10).ip}, ipv6_address: "${addressesOnBack(10).ip6}" } }
    x-portolan: { reachable_from: [${addresses.ip.neighbour}/32, "${addresses.ip6.neighbour}/128"] }
  cache: { networks: { back: { ipv4_address: ${addressesOnBack(11).ip}, ipv6_address: "${addressesOnBack(11).ip6}" } }, x-portolan: { reachable_from: [web] } }
  store: { networks: { back: { ipv4_address: ${addressesOnBack(12).ip}, ipv6_address: "${addressesOnBack(12).ip6}" } }, x-portolan: { reachable_from: [front] } }
  web: { networks: { front: { ipv4_address: 172.30.2.9, ipv6_address: "fd00:30:2::9" } } }
  job: { networks: { front: { ipv4_address: 172.30.2.10, ipv6_address: "fd00:30:2::10" } } }
  one: { networks: { quiet: { ipv4_address: 172.30.3.9, ipv6_address: "fd00:30:3::9" } }, expose: [80] }
  two: { networks: { quiet: { ipv4_address: 172.30.3.10, ipv6_address: "fd00:30:3::10" } }, links: [one] }
networks:
${[
  ['back', 1, ''],
  ['front', 2, ''],
  ['quiet', 3, ', com.docker.network.bridge.enable_icc: "false"'],
]
  .map(
    ([name, at, more]) => `  ${name}:
    enable_ipv6: true
    driver_opts: { com.docker.network.bridge.name: br-${name}${more} }
    ipam: { config: [{ subnet: 172.30.${at}.0/24, gateway: 172.30.${at}.1 }, { subnet: "fd00:30:${at}::/64", gateway: "fd00:30:${at}::1" }] }
`,
  )
  .join('')}`

const places = {
  db: ['back', 1, 9],
  api: ['back', 1, 10],
  cache: ['back', 1, 11],
  store: ['back', 1, 12],
  web: ['front', 2, 9],
  job: ['front', 2, 10],
  one: ['quiet', 3, 9],
  two: ['quiet', 3, 10],
} as const

type Name = keyof typeof places
type Client = Name | 'outside' | 'neighbour'

/** For each client and container: whether packets to the container's own address pass. */
export const expectedReach: readonly (readonly [from: Client, to: Name, port: number, isOpen: boolean])[] = [
  ['outside', 'db', 80, true],
  ['outside', 'db', 81, true],
  ['neighbour', 'db', 80, false],
  ['outside', 'api', 80, false],
  ['neighbour', 'api', 80, true],
  ['web', 'cache', 80, true],
  ['job', 'cache', 80, false],
  ['job', 'store', 80, true],
  ['outside', 'store', 80, false],
  ['two', 'one', 80, true],
  ['two', 'one', 81, false],
  ['one', 'two', 80, false],
]

/** The addresses of the containers on a bridge. */
export const containersBehind = (
  family: 'ip' | 'ip6',
): readonly (readonly [bridge: string, address: string])[] =>
  Object.values(places).map(([network, at, host]) => [
    `br-${network}`,
    family === 'ip' ? `172.30.${at}.${host}` : `fd00:30:${at}::${host}`,
  ])

interface ConflictJson {
  readonly kind: string
  readonly message: string
  readonly remedy: { readonly text: string; readonly commands: readonly string[] }
}

/** A project with containers that are open to each kind of client. */
export interface OpenedShop {
  conflicts(): Promise<readonly ConflictJson[]>
  /** Runs the commands of the remedies and searches again, until no conflict has commands. */
  carryOutRemedies(): Promise<readonly string[]>
  apply(): Promise<number | null>
  /** Starts the containers, and tests each pair of `expectedReach`. */
  reached(family: 'ip' | 'ip6'): Promise<readonly (readonly [Client, Name, number, boolean])[]>
}

export const openOpenedShop = async (lab: Lab, backend: string): Promise<OpenedShop> => {
  const words = ['-f', await lab.write('compose.yaml', compose), '--backend', backend]
  const containers = new Map<Client, Container>()
  const plugIn = async (): Promise<void> => {
    for (const [name, [network, at, host]] of Object.entries(places))
      containers.set(
        name as Name,
        await lab.container({
          name,
          bridge: `br-${network}`,
          address: `172.30.${at}.${host}/24`,
          gateway: `172.30.${at}.1`,
          address6: `fd00:30:${at}::${host}/64`,
          gateway6: `fd00:30:${at}::1`,
          services: [
            { protocol: 'tcp', port: 80 },
            { protocol: 'tcp', port: 81 },
          ],
        }),
      )
  }
  const shop: OpenedShop = {
    async conflicts() {
      const { stdout } = await lab.portolan(['conflicts', ...words, '--json'])
      return fromJson<{ readonly conflicts: readonly ConflictJson[] }>(stdout).conflicts
    },
    async carryOutRemedies() {
      const done: string[] = []
      for (;;) {
        const offered = (await shop.conflicts()).map(({ remedy }) => remedy.commands)
        const some = offered.filter(({ length }) => length > 0)
        const isPlaced = some.some((one) => one.some((command) => / -I /.test(command)))
        // An insertion moves all later positions. So only the first remedy runs before the next search.
        const commands = isPlaced ? some[0] : some.flat()
        if (commands === undefined || commands.length === 0) return done
        const text = commands.join('\n')
        if (done.includes(text))
          throw new Error(`This remedy was carried out, and is offered again:\n${text}`)
        for (const command of commands) await lab.host.mustRun(['sh', '-c', command])
        done.push(text)
      }
    },
    apply: async () => (await lab.portolan(['apply', ...words, '--yes'])).exitCode,
    async reached(family) {
      if (containers.size === 0) await plugIn()
      return Promise.all(
        expectedReach.map(async ([from, to, port]) => {
          const [, at, host] = places[to]
          const client = from === 'outside' || from === 'neighbour' ? lab[from] : containers.get(from)
          const answer = await client?.reach({
            protocol: 'tcp',
            destination: family === 'ip' ? `172.30.${at}.${host}` : `fd00:30:${at}::${host}`,
            port,
            timeoutMs: 1500,
          })
          return [from, to, port, answer?.delivered === true && answer.by === to] as const
        }),
      )
    },
  }
  return shop
}
