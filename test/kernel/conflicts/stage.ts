import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Labs } from '../../lab/lab-pool.ts'
import { addresses } from '../../lab/topology.ts'
import { ownPrograms } from '../../lab/typed.ts'
import { mustSucceed, type Pilot, pilotOf } from '../lifecycle/pilot.ts'
import { testOldFlow } from './old-flows.ts'
import type { ConflictJson, Planned } from './planned.ts'
import type { Before, Scenario } from './scenario.ts'

/** A host on which a scenario is played. */
export interface Stage {
  readonly lab: Lab
  readonly scenario: Scenario
  readonly backend: Backend
  readonly pilot: Pilot
}

/** The port of other machines to which containers send when they test the way out. */
export const outsidePort = 7000

/** The folder of the scripts that replace other programs. */
export const commandDirectory = ownPrograms

const outsideServices = (['tcp', 'udp'] as const).map((protocol) => ({ protocol, port: outsidePort }))

const setUp = async (lab: Lab, before: Before): Promise<void> => {
  const { host } = lab
  switch (before.kind) {
    case 'rules': {
      const argv = before.tool === 'nft' ? ['nft', '-f', '-'] : [`${before.tool}-restore`, '--noflush']
      await host.mustRun(argv, { input: before.text })
      return
    }
    case 'script':
      await host.mustRun(['sh', '-e'], { input: before.text })
      return
    case 'command':
      await host.mustRun(['mkdir', '-p', commandDirectory])
      await host.writeText(`${commandDirectory}/${before.name}`, before.text)
      await host.mustRun(['chmod', '+x', `${commandDirectory}/${before.name}`])
      return
    case 'listener':
      await host.listen({
        ...before.service,
        ...(before.address === null ? {} : { addresses: [before.address] }),
      })
      return
    case 'flow': {
      const [complaint] = await testOldFlow({ lab }, before.flow, 'before')
      if (complaint !== undefined) throw new Error(complaint)
      return
    }
    case 'container': {
      const { name, bridge, address, gateway, services } = before.container
      await lab.container({ name, bridge, address, gateway, services })
    }
  }
}

/**
 * True: this may add chains of nftables. Of two hooks with one priority the kernel runs the one that came later first. So
 * tables of iptables-legacy that were there before would run behind such chains, and on a new host they run before them.
 */
const mayHookNftables = (before: Before): boolean =>
  before.kind === 'script' || (before.kind === 'rules' && !before.tool.endsWith('-legacy'))

/** Opens a lab, and sets up the host's state before Portolan, as the scenario describes it. */
export const setStage = async (labs: Labs, scenario: Scenario, backend: Backend): Promise<Stage> => {
  const tablesStay = backend === 'iptables-legacy' && !scenario.before.some(mayHookNftables)
  const lab = await labs.open({ bridgeNf: scenario.bridgeNf, tablesStay })
  try {
    for (const machine of [lab.client, lab.neighbour, lab.outside]) await machine.listen(...outsideServices)
    // A default route, as hosts have one. The lab's own routes reach only its other machines.
    await lab.host.ip(
      `route add default via ${addresses.ip.outside}`,
      `route add default via ${addresses.ip6.outside}`,
    )
    await lab.host.setSysctl('net.ipv4.ip_forward', scenario.forwards ? 1 : 0)
    await lab.host.setSysctl('net.ipv6.conf.all.forwarding', scenario.forwards ? 1 : 0)
    for (const before of scenario.before) await setUp(lab, before)
    return { lab, scenario, backend, pilot: pilotOf(lab, backend) }
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}

/** The conflicts that `portolan conflicts --json` prints now, and its exit code. */
export const findConflicts = async ({
  pilot,
  scenario,
}: Stage): Promise<{ readonly conflicts: readonly ConflictJson[]; readonly exitCode: number | null }> => {
  const { exitCode, stdout, stderr } = await pilot.run(
    'conflicts',
    scenario.intent,
    '--json',
    ...scenario.options,
  )
  try {
    return { exitCode, ...fromJson<{ readonly conflicts: readonly ConflictJson[] }>(stdout) }
  } catch {
    throw new Error(`conflicts --json exited ${exitCode} and printed no JSON:\n${stdout}\n${stderr}`)
  }
}

const isFirst = <T>(value: T, index: number, all: readonly T[]): boolean => all.indexOf(value) === index

/** Starts the container of a service with its planned addresses, as an engine would after reading the plan. */
const startService = async (lab: Lab, planned: Planned, service: string): Promise<void> => {
  const own = planned.addresses.filter((one) => one.service === service)
  const network = planned.networks.find(({ name }) => name === own[0]?.network)
  if (network === undefined) throw new Error(`the plan has no network for ${service}`)
  const inFamily = (family: 'ip' | 'ip6') => {
    const address = own.find((one) => one.address.includes(':') === (family === 'ip6'))?.address
    const subnet = network[family]
    return address === undefined || subnet === null
      ? { address: undefined, gateway: null }
      : { address: `${address}/${subnet.subnet.split('/')[1]}`, gateway: subnet.gateway }
  }
  const [four, six] = [inFamily('ip'), inFamily('ip6')]
  await lab.container({
    name: service,
    bridge: network.bridge,
    address: four.address,
    gateway: four.gateway,
    address6: six.address,
    gateway6: six.gateway,
    services: [
      { protocol: 'tcp', port: 80 },
      { protocol: 'udp', port: 80 },
    ],
    hairpin: true,
  })
}

/** Applies, despite conflicts where `isForced`, and starts the containers at their addresses. */
export const applyAndStart = async ({ lab, pilot, scenario }: Stage, isForced: boolean): Promise<Planned> => {
  const { stdout } = await pilot.apply(
    scenario.intent,
    '--json',
    ...scenario.options,
    ...(isForced ? ['--force'] : []),
  )
  const held = await lab.host.mustRun(['ip', '-br', 'addr', 'show', 'scope', 'global'])
  const hostAddresses = [...held.matchAll(/ ([0-9a-f.:]+)\//g)].map(([, address = '']) => address)
  const planned = { ...JSON.parse(stdout), hostAddresses } as Planned
  await Promise.all(
    planned.addresses
      .map(({ service }) => service)
      .filter(isFirst)
      .map((service) => startService(lab, planned, service)),
  )
  return planned
}

/** Deletes all flows from connection tracking, so that an earlier question's flow does not decide a later one. */
export const deleteFlows = async ({ lab }: Stage): Promise<void> => {
  mustSucceed('conntrack -F', await lab.host.run(['conntrack', '-F']))
}

/**
 * Makes containers ask again for neighbours whose answers a rule dropped. The kernel asks once a second, so a packet
 * right after the remedy would be late.
 */
export const forgetNeighbours = async ({ lab }: Stage): Promise<void> => {
  await Promise.all(
    [...lab.containers.values()].map((container) => container.mustRun(['ip', 'neigh', 'flush', 'all'])),
  )
}
