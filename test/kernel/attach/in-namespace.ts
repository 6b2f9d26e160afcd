import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { createMachine, type Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { inShopAgain } from '../live/in-live-host.ts'

/** A process in a network namespace of its own, with services, and no interface but loopback. */
export const bareMachine = async (lab: Lab, name: string): Promise<Machine> => {
  const machine = lab.use(await createMachine(name))
  await machine.listen({ protocol: 'tcp', port: 80 }, { protocol: 'udp', port: 53 })
  return machine
}

export const web = "await host.ensureNetwork('web', { pool: 'classic', ipv6: true })"

/** An endpoint as `attach` gives it back. */
export interface Attached {
  readonly ip: string
  readonly ip6: string
  readonly mac: string
  readonly interface: string
}

/** The text of a request. */
export const request = (machine: Machine, name: string, more = ''): string =>
  `{ network: 'web', endpoint: '${name}', netns: { pid: ${machine.pid} }, ${more} }`

/** Attaches a machine to network `web` of project `shop`, which is made first. */
export const attach = async (lab: Lab, backend: Backend, machine: Machine, more = ''): Promise<Attached> =>
  (await inShopAgain(
    lab,
    backend,
    `${web}; report(await host.attach(${request(machine, machine.name, more)}))`,
  )) as Attached

/** Is TCP port 8080 of the host answered by the container, for the client, in a family? */
export const serves = async (lab: Lab, family: 'ip' | 'ip6'): Promise<string | null> => {
  const outcome = await lab.client.probe({
    protocol: 'tcp',
    destination: addresses[family].host,
    port: 8080,
    timeoutMs: 2000,
  })
  return outcome.delivered ? outcome.by : null
}

/** What the kernel has of a machine's network, without what counts or passes by itself. */
export const networkOf = async (machine: Machine): Promise<string> => {
  await machine.quiet()
  const printed = await machine.mustRun([
    'sh',
    '-c',
    'ip -d link; ip address; ip route; ip -6 route; cat /proc/sys/net/ipv[46]/conf/eth0/[a-r]*_*[!t] 2> /dev/null; true',
  ])
  return printed.replaceAll(/\bexpires \d+sec/g, '')
}

/** The host's ends of veth pairs that Portolan made. */
export const portsOf = async (lab: Lab): Promise<readonly string[]> => {
  const links = JSON.parse(await lab.host.mustRun(['ip', '-j', 'link'])) as readonly {
    readonly ifname: string
    readonly ifalias?: string
  }[]
  return links.filter(({ ifalias = '' }) => ifalias.includes(' endpoint=')).map(({ ifname }) => ifname)
}

/** What must not grow on the host: its links, and our rules. A bridge keeps the link-local address of its first port. */
export const heldOf = async (lab: Lab): Promise<string> =>
  (await lab.host.mustRun(['sh', '-c', 'ip -o link; nft list ruleset'])).replaceAll(
    /<[^>]*>|\bstate \w+|packets \d+ bytes \d+|^\d+: /gm,
    '',
  )
