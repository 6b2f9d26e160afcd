import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { createMachine, type Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { inShopAgain } from '../live/in-live-host.ts'

/** A machine in a new network namespace, with services. Its only interface is loopback. */
export const bareMachine = async (lab: Lab, name: string): Promise<Machine> => {
  const machine = lab.use(await createMachine(name))
  await machine.listen({ protocol: 'tcp', port: 80 }, { protocol: 'udp', port: 53 })
  return machine
}

export const web = "await host.ensureNetwork('web', { pool: 'classic', ipv6: true })"

/** An endpoint as `attach` returns it. */
export interface Attached {
  readonly ip: string
  readonly ip6: string
  readonly mac: string
  readonly interface: string
}

/** The source text of a request to attach. */
export const request = (machine: Machine, name: string, more = ''): string =>
  `{ network: 'web', endpoint: '${name}', netns: { pid: ${machine.pid} }, ${more} }`

/** Attaches a machine to network `web` of project `shop`. The network is made first. */
export const attach = async (lab: Lab, backend: Backend, machine: Machine, more = ''): Promise<Attached> =>
  (await inShopAgain(
    lab,
    backend,
    `${web}; report(await host.attach(${request(machine, machine.name, more)}))`,
  )) as Attached

/** The container that answers the client at TCP port 8080 of the host; null: none. */
export const serves = async (lab: Lab, family: 'ip' | 'ip6'): Promise<string | null> => {
  const outcome = await lab.client.probe({
    protocol: 'tcp',
    destination: addresses[family].host,
    port: 8080,
    timeoutMs: 2000,
  })
  return outcome.delivered ? outcome.by : null
}

/** The state of a machine's network, without counters and without values that change with time. */
export const networkOf = async (machine: Machine): Promise<string> => {
  await machine.quiet()
  const printed = await machine.mustRun([
    'sh',
    '-c',
    'ip -d link; ip address; ip route; ip -6 route; cat /proc/sys/net/ipv[46]/conf/eth0/[a-r]*_*[!t] 2> /dev/null; true',
  ])
  return printed.replaceAll(/\bexpires \d+sec/g, '')
}

/** The host's ends of the veth pairs that Portolan has made. */
export const portsOf = async (lab: Lab): Promise<readonly string[]> => {
  const links = fromJson<
    readonly {
      readonly ifname: string
      readonly ifalias?: string
    }[]
  >(await lab.host.mustRun(['ip', '-j', 'link']))
  return links.filter(({ ifalias = '' }) => ifalias.includes(' endpoint=')).map(({ ifname }) => ifname)
}

/** The links and rules of the host, which must not grow. A bridge's link-local address stays that of its first port. */
export const heldOf = async (lab: Lab): Promise<string> =>
  (await lab.host.mustRun(['sh', '-c', 'ip -o link; nft list ruleset'])).replaceAll(
    /<[^>]*>|\bstate \w+|packets \d+ bytes \d+|^\d+: /gm,
    '',
  )
