import { diffLinks, diffSysctls } from '@portolan/core'
import { type Conntrack, isSysctlWritable, type Links } from '@portolan/host'
import { planBeside } from '../plan/plan-intent.ts'
import type { HeldProject } from '../watch/held-project.ts'
import { udpPorts } from '../watch/udp-ports.ts'
import { attachToNetwork } from './networks/attach-to-network.ts'
import { lostPorts, portsOfBridges } from './networks/bridge-ports.ts'
import { bringAbout, type NetworkTools } from './networks/ensure-network.ts'
import type { LiveRules } from './rules/live-rules.ts'
import { intentOf } from './wanted/wanted-state.ts'

/**
 * A live project as what is watched.
 * @param inTurn - does something between other calls of the host object
 */
export const holdLiveProject = (
  rules: LiveRules,
  tools: NetworkTools,
  links: Links,
  conntrack: Conntrack,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>,
): HeldProject => {
  const { project, wanted } = rules
  /** The ports that were on each network, as long as its bridge is there. */
  let ports: ReadonlyMap<string, readonly string[]> = new Map()
  const elsewhere = () => {
    const desired = rules.desired()
    if (desired === null) return []
    const writable = isSysctlWritable('net.ipv4.ip_forward')
    return [...diffLinks(desired, rules.facts), ...diffSysctls(desired, rules.facts, { writable }).changes]
  }
  return {
    project,
    backend: tools.backend,
    isUnchanged: () => inTurn(() => rules.isUnchanged()),
    look: () =>
      inTurn(async () => {
        await rules.refresh()
        ports = portsOfBridges(project, rules.facts, ports)
        return [...rules.drift(), ...elsewhere()]
      }),
    repair: () =>
      inTurn(async () => {
        // Rules first: what comes up behind them is never more open than it should be.
        const isDamaged = rules.isDamaged()
        if (isDamaged) await rules.mend()
        if (elsewhere().length > 0) await bringAbout(rules, tools, (intent) => intent)
        for (const { network, port } of lostPorts(project, rules.facts, ports))
          await attachToNetwork(rules, links, port, `${project}/${network}`)
        if (isDamaged) await conntrack.forgetUntranslated(udpPorts(rules.desired()))
      }),
    conflicts: () =>
      inTurn(async () => {
        const { backend, runner, leases, stateDirectory } = tools
        const { conflicts } = await planBeside(
          intentOf(project, wanted),
          { backend, runner, leases, stateDirectory },
          { live: wanted.ports(), search: true },
        )
        return conflicts
      }),
  }
}
